import CLanes

/// One step of AdamW on an array and its moments; see `AdamW` for the equations.
package struct AdamWKernel {
  /// 1 − lr · wd.
  package let decay: Float
  /// β₁, the decay rate of the first moment.
  package let beta1: Float
  /// β₂, the decay rate of the second moment.
  package let beta2: Float
  /// lr / (1 − β₁ᵗ).
  package let rate: Float
  /// 1 / (1 − β₂ᵗ).
  package let correction: Float
  /// ε, added to the root of the second moment.
  package let epsilon: Float

  /// Creates a kernel for one step.
  package init(
    decay: Float, beta1: Float, beta2: Float, rate: Float, correction: Float, epsilon: Float
  ) {
    (self.decay, self.beta1, self.beta2) = (decay, beta1, beta2)
    (self.rate, self.correction, self.epsilon) = (rate, correction, epsilon)
  }

  /// Updates `value` and its moments in place.
  /// - Precondition: all matrices have the same shape [n, m].
  package func update(
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
