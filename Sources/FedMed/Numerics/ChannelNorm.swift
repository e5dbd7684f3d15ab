import CLanes

/// The arithmetic of a masked layer's output, batch normalisation (statistics of each column over the
/// rows) and ReLU, in one pass over sixteen columns at a time.
///
/// Loops run row by row, so that memory is read in order and columns are worked on side by side.
enum ChannelNorm {
  static let epsilon: Float = 1e-5
  /// How far the running statistics move towards the batch's.
  static let momentum: Float = 0.1

  /// x [B, n] to y [B, n]; see `BatchNorm` for the rest.
  static func forward(
    _ x: MaskedOutput, weight: Matrix, bias: Matrix, mean: inout Matrix, variance: inout Matrix,
    scales: inout [Float], standardized: inout Matrix, into y: inout Matrix
  ) {
    let (rows, width) = (x.rows, x.width)
    precondition(rows > 1, "batch normalisation needs two samples")
    let share = 1 / Float(rows)
    scales.withUnsafeMutableBufferPointer { s in
      mean.withMutableElements { mean in
        variance.withMutableElements { variance in
          weight.withElements { weight in
            bias.withElements { bias in
              standardized.withMutableElements { standardized in
                y.withMutableElements { y in
                  Parallel.forEachColumns(of: width) { i in
                    var sum = Lanes.zero
                    for row in 0..<rows { sum += x.lanes(row: row, column: i) }
                    let centre = sum * share
                    var squares = Lanes.zero
                    for row in 0..<rows {
                      let centred = x.lanes(row: row, column: i) - centre
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
                    for row in 0..<rows {
                      let (at, end) = (row * width + i, (row + 1) * width)
                      let value = (x.lanes(row: row, column: i) - centre) * scale
                      standardized.store(value, at: at, before: end)
                      y.store((gamma * value + beta).rectified(), at: at, before: end)
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

  /// x [B, n] to y [B, n], with given statistics.
  static func apply(
    _ x: MaskedOutput, weight: Matrix, bias: Matrix, mean: Matrix, variance: Matrix,
    into y: inout Matrix
  ) {
    let width = x.width
    weight.withElements { weight in
      bias.withElements { bias in
        mean.withElements { mean in
          variance.withElements { variance in
            y.withMutableElements { y in
              Parallel.forEachColumns(of: width) { i in
                let scale = 1 / lanes_square_root(variance.lanes(at: i) + epsilon)
                let (gamma, beta, centre) = (
                  weight.lanes(at: i), bias.lanes(at: i), mean.lanes(at: i)
                )
                for row in 0..<x.rows {
                  let value = (x.lanes(row: row, column: i) - centre) * scale
                  y.store(
                    (gamma * value + beta).rectified(), at: row * width + i,
                    before: (row + 1) * width)
                }
              }
            }
          }
        }
      }
    }
  }

  /// `gradient` goes from dy to that of the layer's products, which `slopes` makes of dx:
  ///
  ///     dv = dy where y > 0        dγ = Σ dv x̂, dβ = Σ dv
  ///     dx = γ scale (dv − mean(dv) − x̂ mean(dv ⊙ x̂)), means over the batch
  static func backward(
    _ gradient: inout Matrix, output: Matrix, weight: Matrix, scales: [Float],
    standardized: Matrix, weightGradient: inout Matrix, biasGradient: inout Matrix,
    slopes: MaskedSlopes
  ) {
    let (rows, width) = (gradient.rows, gradient.columns)
    let share = 1 / Float(rows)
    weightGradient.withMutableElements { dWeight in
      biasGradient.withMutableElements { dBias in
        gradient.withMutableElements { g in
          output.withElements { y in
            standardized.withElements { x in
              weight.withElements { weight in
                scales.withUnsafeBufferPointer { scales in
                  Parallel.forEachColumns(of: width) { i in
                    func slope(_ at: Int, _ end: Int) -> Lanes {
                      g.lanes(at: at, before: end)
                        .replacing(with: 0, where: y.lanes(at: at, before: end) .<= 0)
                    }
                    var (sum, product) = (Lanes.zero, Lanes.zero)
                    for row in 0..<rows {
                      let (at, end) = (row * width + i, (row + 1) * width)
                      let slope = slope(at, end)
                      product += slope * x.lanes(at: at, before: end)
                      sum += slope
                    }
                    dWeight.store(product, at: i)
                    dBias.store(sum, at: i)
                    let factor = weight.lanes(at: i) * scales.lanes(at: i)
                    var column = slopes.column(i)
                    for row in 0..<rows {
                      let (at, end) = (row * width + i, (row + 1) * width)
                      let along = sum + x.lanes(at: at, before: end) * product
                      let dx = factor * (slope(at, end) - share * along)
                      g.store(column.masked(dx, row: row), at: at, before: end)
                    }
                    column.finish()
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
