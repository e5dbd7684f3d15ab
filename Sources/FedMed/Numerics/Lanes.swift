/// Sixteen floats that are worked on together. What is computed of each does not depend on its
/// neighbours, so results are the same on any processor and at any place in an array.
typealias Lanes = SIMD16<Float>

extension Lanes {
  @inline(__always)
  func magnitudes() -> Lanes {
    unsafeBitCast(unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: Lanes.self)
  }

  /// `factor` with the sign of each lane; 0 where a lane is 0.
  @inline(__always)
  func signs(times factor: Float) -> Lanes {
    let sign = unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x8000_0000
    let signed = unsafeBitCast(sign ^ factor.bitPattern, to: Lanes.self)
    return signed.replacing(with: 0, where: self .== 0)
  }
}

extension UnsafeBufferPointer<Float> {
  /// The sixteen from `index` on; zeros beyond the end.
  @inline(__always)
  func lanes(at index: Int) -> Lanes {
    if index + Lanes.scalarCount <= count {
      return UnsafeRawBufferPointer(self).loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
    }
    var lanes = Lanes.zero
    for i in index..<count { lanes[i - index] = self[i] }
    return lanes
  }
}

extension UnsafeMutableBufferPointer<Float> {
  @inline(__always)
  func lanes(at index: Int) -> Lanes { UnsafeBufferPointer(self).lanes(at: index) }

  /// Writes the sixteen from `index` on, as far as there are places.
  @inline(__always)
  func store(_ lanes: Lanes, at index: Int) {
    if index + Lanes.scalarCount <= count {
      UnsafeMutableRawBufferPointer(self).storeBytes(
        of: lanes, toByteOffset: index * 4, as: Lanes.self)
    } else {
      for i in index..<count { self[i] = lanes[i - index] }
    }
  }

  /// Gives each sixteen, by the index of their first, a new value.
  @inline(__always)
  func fill(_ value: (_ index: Int) -> Lanes) {
    for index in Swift.stride(from: 0, to: count, by: Lanes.scalarCount) {
      store(value(index), at: index)
    }
  }
}
