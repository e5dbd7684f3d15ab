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
    batchMean: inout [Float], scales: inout [Float], standardized: inout Matrix
  ) {
    let (rows, width) = (x.rows, x.columns)
    precondition(rows > 1, "batch normalisation needs two samples")
    let share = 1 / Float(rows)
    batchMean.withUnsafeMutableBufferPointer { m in
      scales.withUnsafeMutableBufferPointer { s in
        x.withMutableElements { x in
          m.update(repeating: 0)
          for start in stride(from: 0, to: x.count, by: width) {
            for i in 0..<width { m[i] += x[start + i] }
          }
          for i in 0..<width { m[i] *= share }
          s.update(repeating: 0)
          for start in stride(from: 0, to: x.count, by: width) {
            for i in 0..<width {
              let centred = x[start + i] - m[i]
              s[i] += centred * centred
            }
          }
        }
        mean.withMutableElements { mean in
          variance.withMutableElements { variance in
            for i in 0..<width {
              mean[i] = (1 - momentum) * mean[i] + momentum * m[i]
              variance[i] = (1 - momentum) * variance[i] + momentum * s[i] / Float(rows - 1)
              s[i] = 1 / (s[i] * share + epsilon).squareRoot()
            }
          }
        }
        weight.withElements { weight in
          bias.withElements { bias in
            standardized.withMutableElements { standardized in
              x.withMutableElements { x in
                for start in stride(from: 0, to: x.count, by: width) {
                  for i in 0..<width {
                    let value = (x[start + i] - m[i]) * s[i]
                    standardized[start + i] = value
                    x[start + i] = weight[i] * value + bias[i]
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
    weightGradient.fill(0)
    biasGradient.fill(0)
    weightGradient.withMutableElements { dWeight in
      biasGradient.withMutableElements { dBias in
        gradient.withMutableElements { g in
          standardized.withElements { x in
            for start in stride(from: 0, to: g.count, by: width) {
              for i in 0..<width {
                dWeight[i] += g[start + i] * x[start + i]
                dBias[i] += g[start + i]
              }
            }
            weight.withElements { weight in
              scales.withUnsafeBufferPointer { scales in
                for start in stride(from: 0, to: g.count, by: width) {
                  for i in 0..<width {
                    let centred = g[start + i] - share * (dBias[i] + x[start + i] * dWeight[i])
                    g[start + i] = weight[i] * scales[i] * centred
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
