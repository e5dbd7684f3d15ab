/// Sixteen floats that are worked on together. What is computed of each does not depend on its
/// neighbours, so results are the same on any processor and at any place in an array.
@usableFromInline
package typealias Lanes = SIMD16<Float>

extension Lanes {
  @inlinable @inline(__always)
  package func magnitudes() -> Lanes {
    unsafeBitCast(unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Lanes.self)
  }

  /// max(x, 0).
  @inlinable @inline(__always)
  package func rectified() -> Lanes { replacing(with: 0, where: self .< 0) }

  /// `factor` with the sign of each lane; 0 where a lane is 0.
  @inlinable @inline(__always)
  package func signs(times factor: Float) -> Lanes {
    let sign = unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x8000_0000
    let signed = unsafeBitCast(sign ^ factor.bitPattern, to: Lanes.self)
    return signed.replacing(with: 0, where: self .== 0)
  }
}

extension UnsafeBufferPointer<Float> {
  /// One row of a matrix that is `width` wide.
  @inlinable @inline(__always)
  package func row(_ index: Int, of width: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: self[index * width..<(index + 1) * width])
  }

  /// The sixteen from `index` on; zeros from `end` on, the end of a row or, by default, of everything.
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
  /// One row of a matrix that is `width` wide.
  @inlinable @inline(__always)
  package func row(_ index: Int, of width: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: self[index * width..<(index + 1) * width])
  }

  @inlinable @inline(__always)
  package func lanes(at index: Int, before end: Int? = nil) -> Lanes {
    UnsafeBufferPointer(self).lanes(at: index, before: end)
  }

  /// Writes the sixteen from `index` on, those before `end`.
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

  /// Gives each sixteen, by the index of their first, a new value.
  @inlinable @inline(__always)
  package func fill(_ value: (_ index: Int) -> Lanes) {
    for index in Swift.stride(from: 0, to: count, by: Lanes.scalarCount) {
      store(value(index), at: index)
    }
  }
}

extension Parallel {
  /// Calls `body` for the columns of a matrix, sixteen at a time, by the first of them. Threads take
  /// blocks of columns, whose rows stay in the nearest cache from pass to pass.
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
