import CLanes

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

  /// All matrices have the same shape [n, m].
  func update(
    _ value: inout Matrix, gradient: Matrix, first: inout Matrix, second: inout Matrix
  ) {
    let (rows, width) = (value.rows, value.columns)
    gradient.withElements { g in
      Elements.write(&value, &first, &second) { x, m, v in
        Parallel.forEachBlock(of: rows) { block in
          let range = block.lowerBound * width..<block.upperBound * width
          update(
            UnsafeMutableBufferPointer(rebasing: x[range]),
            UnsafeBufferPointer(rebasing: g[range]),
            UnsafeMutableBufferPointer(rebasing: m[range]),
            UnsafeMutableBufferPointer(rebasing: v[range]))
        }
      }
    }
  }

  private func update(
    _ x: UnsafeMutableBufferPointer<Float>, _ g: UnsafeBufferPointer<Float>,
    _ m: UnsafeMutableBufferPointer<Float>, _ v: UnsafeMutableBufferPointer<Float>
  ) {
    x.fill { i in
      let slope = g.lanes(at: i)
      let mean = beta1 * m.lanes(at: i) + (1 - beta1) * slope
      let square = beta2 * v.lanes(at: i) + (1 - beta2) * slope * slope
      m.store(mean, at: i)
      v.store(square, at: i)
      let deviation = lanes_square_root(square * correction) + epsilon
      return x.lanes(at: i) * decay - rate * mean / deviation
    }
  }
}
