/// Sums over contiguous floats, in an order that depends on their number alone.
///
/// Sixteen partial sums run in parallel: the compiler may not reorder float additions, and a single
/// chain of additions would stall the processor.
package enum Sums {
  /// Σ x.
  package static func sum(_ x: UnsafeBufferPointer<Float>) -> Float {
    var partial = Lanes.zero
    for index in stride(from: 0, to: x.count, by: Lanes.scalarCount) {
      partial += x.lanes(at: index)
    }
    return partial.sum()
  }

  /// Σ |x|.
  package static func magnitudes(_ x: UnsafeBufferPointer<Float>) -> Float {
    var partial = Lanes.zero
    for index in stride(from: 0, to: x.count, by: Lanes.scalarCount) {
      partial += x.lanes(at: index).magnitudes()
    }
    return partial.sum()
  }

  /// Σ x y.
  /// - Precondition: x and y have the same count.
  package static func dot(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>) -> Float
  {
    var partial = Lanes.zero
    for index in stride(from: 0, to: x.count, by: Lanes.scalarCount) {
      partial += x.lanes(at: index) * y.lanes(at: index)
    }
    return partial.sum()
  }

  /// Subtracts the mean of x from x.
  /// - Returns: the biased variance of x.
  /// - Precondition: x is not empty.
  package static func center(_ x: UnsafeMutableBufferPointer<Float>) -> Float {
    let mean = sum(UnsafeBufferPointer(x)) / Float(x.count)
    x.fill { x.lanes(at: $0) - mean }
    let centered = UnsafeBufferPointer(x)
    return dot(centered, centered) / Float(x.count)
  }
}
