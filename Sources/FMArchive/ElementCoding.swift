import FMBase

/// Conversion between numbers and the little-endian bytes of an array.
package enum ElementCoding {
  /// The bytes of `values` as float16 or float32.
  /// - Throws: `badData` if a value is not finite or overflows half precision.
  package static func encode(_ values: [Float], as type: ElementType) throws(FedMedError) -> [UInt8]
  {
    for value in values where !value.isFinite {
      throw FedMedError(.badData, "a value is \(value)")
    }
    guard type == .float16 else { return values.withUnsafeBytes { Array($0) } }
    var halves = [Float16](repeating: 0, count: values.count)
    for i in values.indices { halves[i] = Float16(values[i]) }
    if let index = halves.firstIndex(where: { !$0.isFinite }) {
      throw FedMedError(
        .badData, "\(values[index]) does not fit in half precision",
        hint: "use the codec float32, which keeps numbers unchanged")
    }
    return halves.withUnsafeBytes { Array($0) }
  }

  /// Appends the elements in `bytes`, a whole number of float16 or float32 elements, to `values`.
  package static func decode(
    _ bytes: UnsafeRawBufferPointer, as type: ElementType, into values: inout [Float]
  ) {
    if type == .float16 {
      for offset in stride(from: 0, to: bytes.count, by: 2) {
        values.append(Float(bytes.loadUnaligned(fromByteOffset: offset, as: Float16.self)))
      }
    } else {
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        values.append(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
      }
    }
  }

  package static func bytes(of labels: [Int32]) -> [UInt8] { labels.withUnsafeBytes { Array($0) } }

  package static func bytes(of totals: [Int64]) -> [UInt8] { totals.withUnsafeBytes { Array($0) } }

  package static func totals(_ bytes: [UInt8]) -> [Int64] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self)
      }
    }
  }

  package static func bytes(of values: ArraySlice<UInt32>) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
  }

  package static func narrow(_ bytes: [UInt8]) -> [UInt32] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)
      }
    }
  }

  /// The number of bytes in which an integer modulo 2⁵⁶ travels.
  package static let wideBytes = 7

  /// The low seven bytes of each integer.
  package static func bytes(of values: ArraySlice<UInt64>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(wideBytes * values.count)
    for value in values {
      for shift in 0..<UInt64(wideBytes) {
        bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift)))
      }
    }
    return bytes
  }

  package static func wide(_ bytes: [UInt8]) -> [UInt64] {
    stride(from: 0, to: bytes.count, by: wideBytes).map { start in
      (0..<wideBytes).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[start + $1]) }
    }
  }

  package static func integers(_ bytes: [UInt8]) -> [Int32] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)
      }
    }
  }

  /// The index of the first element that is infinite or not a number; `nil` if all are finite.
  static func firstNonFinite(_ bytes: [UInt8], as type: ElementType) -> Int? {
    bytes.withUnsafeBytes { bytes in
      if type == .float16 {
        return stride(from: 0, to: bytes.count, by: 2).first {
          !bytes.loadUnaligned(fromByteOffset: $0, as: Float16.self).isFinite
        }.map { $0 / 2 }
      }
      return stride(from: 0, to: bytes.count, by: 4).first {
        !bytes.loadUnaligned(fromByteOffset: $0, as: Float.self).isFinite
      }.map { $0 / 4 }
    }
  }
}
