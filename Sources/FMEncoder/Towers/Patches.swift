import FMNumerics
import Glibc

/// Cutting of images into patches, and assembly of token sequences.
enum Patches {
  /// Writes the patches of a square image into rows of `target` [_, 3 p²], from `row` on. Each row
  /// is ordered by color, row and column, with colors normalized by `colors`. Pixels beyond the last
  /// whole patch are ignored.
  static func cut(
    _ image: Raster, patch: Int, grid: Int, colors: ColorTable, into target: inout Matrix, row: Int
  ) {
    let width = 3 * patch * patch
    image.pixels.withUnsafeBufferPointer { pixels in
      colors.values.withUnsafeBufferPointer { colors in
        target.withMutableElements { target in
          for gy in 0..<grid {
            for gx in 0..<grid {
              let start = (row + gy * grid + gx) * width
              for y in 0..<patch {
                let source = ((gy * patch + y) * image.width + gx * patch) * 3
                for c in 0..<3 {
                  let place = start + (c * patch + y) * patch
                  for x in 0..<patch {
                    target[place + x] = colors[c << 8 | Int(pixels[source + x * 3 + c])]
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Assembles sequences of `prefix` [r, w] and embedded patches [n · g², w] plus their positions
  /// [g², w], if any.
  /// - Parameters:
  ///   - patches: g².
  ///   - states: receives the sequences [n · (r + g²), w].
  static func assemble(
    _ embedded: Matrix, prefix: Matrix, positions: Matrix?, patches: Int, into states: inout Matrix
  ) {
    let (w, tokens) = (embedded.columns, prefix.rows + patches)
    var embedded = embedded
    if let positions { embedded.add(toEachBlock: positions) }
    embedded.withElements { embedded in
      prefix.withElements { prefix in
        states.withMutableElements { states in
          for sequence in 0..<(states.count / (tokens * w)) {
            let start = sequence * tokens * w
            for i in 0..<prefix.count { states[start + i] = prefix[i] }
            let (from, to) = (sequence * patches * w, start + prefix.count)
            for i in 0..<patches * w { states[to + i] = embedded[from + i] }
          }
        }
      }
    }
  }

  /// Returns the means [n, w] of the tokens of each sequence [n · t, w], without the first `prefix`.
  static func means(_ states: Matrix, tokens: Int, prefix: Int) -> Matrix {
    let w = states.columns
    var result = Matrix(rows: states.rows / tokens, columns: w)
    states.withElements { states in
      result.withMutableElements { result in
        for sequence in 0..<result.count / w {
          let own = result.row(sequence, of: w)
          for token in prefix..<tokens {
            let x = states.row(sequence * tokens + token, of: w)
            for i in 0..<w { own[i] += x[i] }
          }
          for i in 0..<w { own[i] /= Float(tokens - prefix) }
        }
      }
    }
    return result
  }
}

/// Position embeddings for a grid other than the trained one: bicubic interpolation with
/// half-pixel centers, as in PyTorch's `interpolate`. Models with registers use antialiasing when
/// the grid shrinks, and a = −0.5 always; the plain models use a = −0.75.
enum PositionGrid {
  /// Interpolates `positions` [from², w], in row-major order of the grid, to [to², w].
  static func interpolate(
    _ positions: Matrix, from: Int, to: Int, isSmoothed: Bool
  ) -> Matrix {
    guard from != to else { return positions }
    let taps = isSmoothed ? smoothedTaps(from: from, to: to) : plainTaps(from: from, to: to)
    var result = Matrix(rows: to * to, columns: positions.columns)
    for y in 0..<to {
      for x in 0..<to {
        for (row, rowWeight) in taps[y] {
          for (column, columnWeight) in taps[x] {
            let weight = rowWeight * columnWeight
            for i in 0..<positions.columns {
              result[y * to + x, i] += weight * positions[row * from + column, i]
            }
          }
        }
      }
    }
    return result
  }

  private typealias Taps = [[(index: Int, weight: Float)]]

  private static func cubic(_ x: Double, a: Double) -> Double {
    let x = x.magnitude
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }

  /// Positions beyond the border take the values at the border.
  private static func plainTaps(from: Int, to: Int) -> Taps {
    (0..<to).map { place in
      let center = (Double(place) + 0.5) * Double(from) / Double(to) - 0.5
      let first = Int(floor(center))
      return (first - 1...first + 2).map { index in
        (min(max(index, 0), from - 1), Float(cubic(center - Double(index), a: -0.75)))
      }
    }
  }

  /// The filter widens when the grid shrinks. Positions beyond the border are ignored, and the
  /// other weights are normalized to 1.
  private static func smoothedTaps(from: Int, to: Int) -> Taps {
    let scale = Double(from) / Double(to)
    let stretch = max(scale, 1)
    return (0..<to).map { place in
      let center = (Double(place) + 0.5) * scale
      let first = max(Int(center - 2 * stretch + 0.5), 0)
      let last = min(Int(center + 2 * stretch + 0.5), from)
      let weights = (first..<last).map { cubic((Double($0) - center + 0.5) / stretch, a: -0.5) }
      let total = weights.reduce(0, +)
      return zip(first..<last, weights).map { ($0, Float($1 / total)) }
    }
  }
}
