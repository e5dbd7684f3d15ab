/// Row-wise functions of the network, each with its derivative beside it.
///
/// In every backward function `gradient` comes in as the gradient of the output and leaves as the
/// gradient of the input. All matrices of a call have the same shape [B, n].
enum Activation {
  /// y = max(x, 0).
  static func rectify(_ x: Matrix, into y: inout Matrix) {
    x.withElements { x in
      y.withMutableElements { y in
        for i in 0..<x.count { y[i] = max(x[i], 0) }
      }
    }
  }

  /// The derivative at 0 is 0; `output` is what `rectify` gave.
  static func rectifyBackward(_ gradient: inout Matrix, output: Matrix) {
    output.withElements { y in
      gradient.withMutableElements { g in
        g.fill { g.lanes(at: $0).replacing(with: 0, where: y.lanes(at: $0) .<= 0) }
      }
    }
  }

  /// Each row becomes its softmax.
  static func softmax(_ x: inout Matrix) {
    let (rows, width) = (x.rows, x.columns)
    x.withMutableElements { x in
      for row in 0..<rows {
        let values = UnsafeMutableBufferPointer(rebasing: x[row * width..<(row + 1) * width])
        var largest = -Float.infinity
        for value in values { largest = max(largest, value) }
        values.fill { (values.lanes(at: $0) - largest).exponential() }
        let scale = 1 / Sums.sum(UnsafeBufferPointer(values))
        for i in 0..<width { values[i] *= scale }
      }
    }
  }

  /// dx = y ⊙ (dy − Σ y dy); `output` is what `softmax` gave.
  static func softmaxBackward(_ gradient: inout Matrix, output: Matrix) {
    let (rows, width) = (output.rows, output.columns)
    output.withElements { y in
      gradient.withMutableElements { g in
        for row in 0..<rows {
          let y = UnsafeBufferPointer(rebasing: y[row * width..<(row + 1) * width])
          let g = UnsafeMutableBufferPointer(rebasing: g[row * width..<(row + 1) * width])
          let mean = Sums.dot(y, UnsafeBufferPointer(g))
          for i in 0..<width { g[i] = y[i] * (g[i] - mean) }
        }
      }
    }
  }

  /// The ε of `standardize`.
  static let standardEpsilon: Float = 1e-5

  /// y = (x − mean) / √(variance + ε) of each row, with the biased variance; no affine part.
  /// `scales` [B] receives 1/√(variance + ε).
  static func standardize(_ x: Matrix, into y: inout Matrix, scales: inout [Float]) {
    let (rows, width) = (x.rows, x.columns)
    x.withElements { x in
      y.withMutableElements { y in
        for row in 0..<rows {
          let x = UnsafeBufferPointer(rebasing: x[row * width..<(row + 1) * width])
          let y = UnsafeMutableBufferPointer(rebasing: y[row * width..<(row + 1) * width])
          let scale = 1 / (Sums.centre(x, into: y) + standardEpsilon).squareRoot()
          for i in 0..<width { y[i] *= scale }
          scales[row] = scale
        }
      }
    }
  }

  /// dx = scale (dy − mean(dy) − y mean(dy ⊙ y)); `output` and `scales` are what `standardize` gave.
  static func standardizeBackward(_ gradient: inout Matrix, output: Matrix, scales: [Float]) {
    let (rows, width) = (output.rows, output.columns)
    output.withElements { y in
      gradient.withMutableElements { g in
        for row in 0..<rows {
          let y = UnsafeBufferPointer(rebasing: y[row * width..<(row + 1) * width])
          let g = UnsafeMutableBufferPointer(rebasing: g[row * width..<(row + 1) * width])
          let mean = Sums.sum(UnsafeBufferPointer(g)) / Float(width)
          let slope = Sums.dot(y, UnsafeBufferPointer(g)) / Float(width)
          for i in 0..<width { g[i] = scales[row] * (g[i] - mean - y[i] * slope) }
        }
      }
    }
  }

  /// The smallest norm that `normalize` divides by.
  static let smallestNorm: Float = 1e-12

  /// Each row becomes x / max(‖x‖, 1e-12); `norms` [B] receives ‖x‖ as it was.
  static func normalize(_ x: inout Matrix, norms: inout [Float]) {
    let (rows, width) = (x.rows, x.columns)
    x.withMutableElements { x in
      for row in 0..<rows {
        let x = UnsafeMutableBufferPointer(rebasing: x[row * width..<(row + 1) * width])
        let norm = Sums.dot(UnsafeBufferPointer(x), UnsafeBufferPointer(x)).squareRoot()
        let scale = 1 / max(norm, smallestNorm)
        for i in 0..<width { x[i] *= scale }
        norms[row] = norm
      }
    }
  }

  /// dx = (dy − y Σ y dy) / ‖x‖; where the norm was at its floor, dx = dy / 1e-12.
  static func normalizeBackward(_ gradient: inout Matrix, output: Matrix, norms: [Float]) {
    let (rows, width) = (output.rows, output.columns)
    output.withElements { y in
      gradient.withMutableElements { g in
        for row in 0..<rows {
          let y = UnsafeBufferPointer(rebasing: y[row * width..<(row + 1) * width])
          let g = UnsafeMutableBufferPointer(rebasing: g[row * width..<(row + 1) * width])
          let floored = norms[row] < smallestNorm
          let along = floored ? 0 : Sums.dot(y, UnsafeBufferPointer(g))
          let scale = 1 / max(norms[row], smallestNorm)
          for i in 0..<width { g[i] = scale * (g[i] - y[i] * along) }
        }
      }
    }
  }

  /// z = a ⊙ b.
  static func multiply(_ a: Matrix, _ b: Matrix, into z: inout Matrix) {
    a.withElements { a in
      b.withElements { b in
        z.withMutableElements { z in
          for i in 0..<z.count { z[i] = a[i] * b[i] }
        }
      }
    }
  }
}

extension Matrix {
  /// A copy with every row divided by its norm.
  public func normalizedRows() -> Matrix {
    var result = self
    var norms = [Float](repeating: 0, count: rows)
    Activation.normalize(&result, norms: &norms)
    return result
  }
}
