import CLanes

/// The arithmetic of batch normalisation: statistics of each column over the rows.
///
/// Loops run row by row, so that memory is read in order and columns are worked on side by side.
enum ChannelNorm {
  static let epsilon: Float = 1e-5
  /// How far the running statistics move towards the batch's.
  static let momentum: Float = 0.1

  /// x [B, n] becomes y in place; see `BatchNorm` for the rest.
  static func forward(
    _ x: inout Matrix, weight: Matrix, bias: Matrix, mean: inout Matrix, variance: inout Matrix,
    scales: inout [Float], standardized: inout Matrix
  ) {
    let (rows, width) = (x.rows, x.columns)
    precondition(rows > 1, "batch normalisation needs two samples")
    let share = 1 / Float(rows)
    scales.withUnsafeMutableBufferPointer { s in
      x.withMutableElements { x in
        mean.withMutableElements { mean in
          variance.withMutableElements { variance in
            weight.withElements { weight in
              bias.withElements { bias in
                standardized.withMutableElements { standardized in
                  Parallel.forEachColumns(of: width) { i in
                    var sum = Lanes.zero
                    for start in stride(from: 0, to: x.count, by: width) {
                      sum += x.lanes(at: start + i, before: start + width)
                    }
                    let centre = sum * share
                    var squares = Lanes.zero
                    for start in stride(from: 0, to: x.count, by: width) {
                      let centred = x.lanes(at: start + i, before: start + width) - centre
                      squares += centred * centred
                    }
                    let unbiased = squares * (1 / Float(rows - 1))
                    mean.store(
                      (1 - momentum) * mean.lanes(at: i) + momentum * centre, at: i)
                    variance.store(
                      (1 - momentum) * variance.lanes(at: i) + momentum * unbiased, at: i)
                    let scale = 1 / lanes_square_root(squares * share + epsilon)
                    s.store(scale, at: i)
                    let (gamma, beta) = (weight.lanes(at: i), bias.lanes(at: i))
                    for start in stride(from: 0, to: x.count, by: width) {
                      let centred = x.lanes(at: start + i, before: start + width) - centre
                      let value = centred * scale
                      standardized.store(value, at: start + i, before: start + width)
                      x.store(gamma * value + beta, at: start + i, before: start + width)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// x [B, n] becomes y in place, with given statistics.
  static func apply(
    _ x: inout Matrix, weight: Matrix, bias: Matrix, mean: Matrix, variance: Matrix
  ) {
    let width = x.columns
    let scales = variance.elements.map { 1 / ($0 + epsilon).squareRoot() }
    x.withMutableElements { x in
      weight.withElements { weight in
        bias.withElements { bias in
          mean.withElements { mean in
            for start in stride(from: 0, to: x.count, by: width) {
              for i in 0..<width {
                x[start + i] = weight[i] * ((x[start + i] - mean[i]) * scales[i]) + bias[i]
              }
            }
          }
        }
      }
    }
  }

  /// dx = γ scale (dy − mean(dy) − x̂ mean(dy ⊙ x̂)), means over the batch; dγ = Σ dy x̂, dβ = Σ dy.
  static func backward(
    _ gradient: inout Matrix, weight: Matrix, scales: [Float], standardized: Matrix,
    weightGradient: inout Matrix, biasGradient: inout Matrix
  ) {
    let width = gradient.columns
    let share = 1 / Float(gradient.rows)
    weightGradient.withMutableElements { dWeight in
      biasGradient.withMutableElements { dBias in
        gradient.withMutableElements { g in
          standardized.withElements { x in
            weight.withElements { weight in
              scales.withUnsafeBufferPointer { scales in
                Parallel.forEachColumns(of: width) { i in
                  var (sum, product) = (Lanes.zero, Lanes.zero)
                  for start in stride(from: 0, to: g.count, by: width) {
                    let slope = g.lanes(at: start + i, before: start + width)
                    product += slope * x.lanes(at: start + i, before: start + width)
                    sum += slope
                  }
                  dWeight.store(product, at: i)
                  dBias.store(sum, at: i)
                  let factor = weight.lanes(at: i) * scales.lanes(at: i)
                  for start in stride(from: 0, to: g.count, by: width) {
                    let value = x.lanes(at: start + i, before: start + width)
                    let slope = g.lanes(at: start + i, before: start + width)
                    g.store(
                      factor * (slope - share * (sum + value * product)), at: start + i,
                      before: start + width)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
