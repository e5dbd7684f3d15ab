/// Sixteen floats that are processed together. Each result depends on its own lane only, so it is
/// the same on every processor and at every place in an array.
@usableFromInline
package typealias Lanes = SIMD16<Float>

extension Lanes {
  /// The absolute value of each lane.
  @inlinable @inline(__always)
  package func magnitudes() -> Lanes {
    unsafeBitCast(unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Lanes.self)
  }

  /// max(x, 0).
  @inlinable @inline(__always)
  package func rectified() -> Lanes { replacing(with: 0, where: self .< 0) }

  /// `factor` with the sign of each lane; 0 for a lane that is 0.
  @inlinable @inline(__always)
  package func signs(times factor: Float) -> Lanes {
    let sign = unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x8000_0000
    let signed = unsafeBitCast(sign ^ factor.bitPattern, to: Lanes.self)
    return signed.replacing(with: 0, where: self .== 0)
  }
}

extension UnsafeBufferPointer<Float> {
  /// Whether no element is infinite or NaN.
  package var isFinite: Bool {
    // Zero times such an element is NaN, and sums keep it.
    var total = Lanes.zero
    for index in Swift.stride(from: 0, to: count, by: Lanes.scalarCount) {
      total += 0 * lanes(at: index)
    }
    return total.sum() == 0
  }

  /// Returns one row of a matrix with `width` columns.
  @inlinable @inline(__always)
  package func row(_ index: Int, of width: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: self[index * width..<(index + 1) * width])
  }

  /// Loads sixteen elements from `index` on, with zeros in place of those from `end` on. `end` is
  /// the end of a row, or by default of the buffer.
  @inlinable @inline(__always)
  package func lanes(at index: Int, before end: Int? = nil) -> Lanes {
    let end = end ?? count
    if index + Lanes.scalarCount <= end {
      return UnsafeRawBufferPointer(self).loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
    }
    var lanes = Lanes.zero
    for i in index..<end { lanes[i - index] = self[i] }
    return lanes
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// Returns one row of a matrix with `width` columns.
  @inlinable @inline(__always)
  package func row(_ index: Int, of width: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: self[index * width..<(index + 1) * width])
  }

  /// Loads sixteen elements from `index` on, with zeros in place of those from `end` on.
  @inlinable @inline(__always)
  package func lanes(at index: Int, before end: Int? = nil) -> Lanes {
    UnsafeBufferPointer(self).lanes(at: index, before: end)
  }

  /// Stores sixteen elements from `index` on, except those from `end` on.
  @inlinable @inline(__always)
  package func store(_ lanes: Lanes, at index: Int, before end: Int? = nil) {
    let end = end ?? count
    if index + Lanes.scalarCount <= end {
      UnsafeMutableRawBufferPointer(self).storeBytes(
        of: lanes, toByteOffset: index * 4, as: Lanes.self)
    } else {
      for i in index..<end { self[i] = lanes[i - index] }
    }
  }

  /// Sets all elements, sixteen at a time.
  /// - Parameter value: returns the new values of those from `index` on.
  @inlinable @inline(__always)
  package func fill(_ value: (_ index: Int) -> Lanes) {
    for index in Swift.stride(from: 0, to: count, by: Lanes.scalarCount) {
      store(value(index), at: index)
    }
  }
}

extension Parallel {
  /// Calls `body` with the first of each sixteen columns of a matrix. Each thread takes a block of
  /// columns, whose rows stay in its nearest cache from pass to pass.
  @inlinable @inline(__always)
  package static func forEachColumns(of width: Int, _ body: (_ column: Int) -> Void) {
    forEachBlock(of: width) { columns in
      for column in stride(from: columns.lowerBound, to: columns.upperBound, by: Lanes.scalarCount)
      {
        body(column)
      }
    }
  }
}
