/// Sums over contiguous floats, in an order that depends on their number alone.
///
/// Sixteen partial sums run side by side: the compiler may not reorder additions of floats by
/// itself, and one chain of additions would leave the processor waiting.
enum Sums {
  static func sum(_ x: UnsafeBufferPointer<Float>) -> Float {
    reduce(x.count, term: { x[$0] }, lanes: { x.lanes(at: $0) })
  }

  /// Σ |x|.
  static func magnitudes(_ x: UnsafeBufferPointer<Float>) -> Float {
    reduce(
      x.count, term: { x[$0].magnitude },
      lanes: { i in
        let lanes = x.lanes(at: i)
        return lanes.replacing(with: -lanes, where: lanes .< 0)
      })
  }

  /// Σ x y.
  /// - Precondition: as many x as y.
  static func dot(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>) -> Float {
    reduce(x.count, term: { x[$0] * y[$0] }, lanes: { x.lanes(at: $0) * y.lanes(at: $0) })
  }

  /// y = x − mean(x).
  /// - Returns: the biased variance of x.
  /// - Precondition: as many y as x, and at least one.
  static func centre(
    _ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) -> Float {
    let mean = sum(x) / Float(x.count)
    for i in 0..<x.count { y[i] = x[i] - mean }
    let centred = UnsafeBufferPointer(y)
    return dot(centred, centred) / Float(x.count)
  }

  @inline(__always)
  private static func reduce(
    _ count: Int, term: (Int) -> Float, lanes: (Int) -> Lanes
  ) -> Float {
    var partial = Lanes.zero
    var index = 0
    while index + 16 <= count {
      partial += lanes(index)
      index += 16
    }
    var total = partial.sum()
    while index < count {
      total += term(index)
      index += 1
    }
    return total
  }
}
