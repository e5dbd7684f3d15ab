import FMBase

/// Numbers as integers modulo 2³² or 2⁵⁶, so that masked sums are exact. The wide ones are masked
/// modulo 2⁶⁴, and travel without their highest byte, which carries nothing.
package struct FixedPointCoding: Equatable, Sendable {
  /// The number of units in 1, a power of two.
  package let unitsInOne: Double
  /// The largest magnitude of one site's integer: ⌊(2^(bits−1) − 1)/n⌋, so that no sum of n sites
  /// wraps around.
  package let limit: Int64

  /// - Parameters:
  ///   - bits: 32 or 56.
  ///   - sites: n.
  package init(unitsInOne: Double, bits: Int, sites: Int) {
    precondition(bits == 32 || bits == 56)
    self.unitsInOne = unitsInOne
    limit = ((Int64(1) << (bits - 1)) - 1) / Int64(sites)
  }

  /// Converts numbers to units, rounded to nearest even.
  /// - Throws: `badData` with the first number that is not finite or too large to be summed.
  package func integers<Value: FixedWidthInteger & UnsignedInteger>(
    _ values: [Float]
  ) throws(FedMedError) -> [Value] {
    var result: [Value] = []
    result.reserveCapacity(values.count)
    for value in values {
      let units = (Double(value) * unitsInOne).rounded(.toNearestOrEven)
      guard units.magnitude <= Double(limit), units.magnitude < 0x1p62 else {
        throw FedMedError(
          .badData,
          "\(value) is too large for a secure sum: at most \(Double(limit) / unitsInOne)")
      }
      result.append(Value(truncatingIfNeeded: Int64(units)))
    }
    return result
  }

  /// Checks integers, and converts them modulo 2⁶⁴.
  /// - Throws: `badData` with the first integer that is too large to be summed.
  package func integers(_ values: [Int64]) throws(FedMedError) -> [UInt64] {
    for value in values where value.magnitude > UInt64(limit) {
      throw FedMedError(.badData, "\(value) units are too many for a secure sum: at most \(limit)")
    }
    return values.map { UInt64(bitPattern: $0) }
  }

  /// The signed sum in units: the representative of least magnitude.
  package func sum(_ values: [UInt32]) -> [Int64] { values.map { Int64(Int32(bitPattern: $0)) } }

  /// The signed sum in units: the representative of least magnitude modulo 2⁵⁶.
  package func sum(_ values: [UInt64]) -> [Int64] {
    values.map { Int64(bitPattern: $0 << 8) >> 8 }
  }
}
