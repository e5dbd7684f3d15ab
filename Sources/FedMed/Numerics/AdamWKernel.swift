/// One pass of AdamW over an array and its moments; `AdamW` says the equations.
struct AdamWKernel {
  /// 1 − lr · wd.
  let decay: Float
  let beta1: Float
  let beta2: Float
  /// lr / (1 − β₁ᵗ).
  let rate: Float
  /// 1 / (1 − β₂ᵗ).
  let correction: Float
  let epsilon: Float

  /// All four have the same shape.
  func update(
    _ value: inout Matrix, gradient: Matrix, first: inout Matrix, second: inout Matrix
  ) {
    gradient.withElements { g in
      first.withMutableElements { m in
        second.withMutableElements { v in
          value.withMutableElements { x in
            for i in 0..<x.count {
              let slope = g[i]
              let mean = beta1 * m[i] + (1 - beta1) * slope
              let square = beta2 * v[i] + (1 - beta2) * slope * slope
              m[i] = mean
              v[i] = square
              let deviation = (square * correction).squareRoot() + epsilon
              x[i] = x[i] * decay - rate * mean / deviation
            }
          }
        }
      }
    }
  }
}
