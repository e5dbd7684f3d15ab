import CNettle

/// The mask that a key expands to: the key stream of ChaCha20 (RFC 8439) as little-endian integers.
///
/// Without the key, the integers cannot be told from uniform ones; added to a value modulo 2³² or
/// 2⁶⁴, they hide it.
package struct MaskStream {
  private static let blockBytes = 1 << 16

  private var cipher = chacha_ctx()
  private var block: [UInt8] = []
  private var place = 0
  private let zeros = [UInt8](repeating: 0, count: Self.blockBytes)

  /// Starts the stream of a key [32]. A key must make only one stream.
  package init(key: [UInt8]) {
    precondition(key.count == 32)
    nettle_chacha_set_key(&cipher, key)
    nettle_chacha_set_nonce96(&cipher, [UInt8](repeating: 0, count: 12))
    block = zeros
    place = block.count
  }

  /// Adds the next integers of the stream to `values`, or subtracts them, modulo 2^bitWidth.
  package mutating func mask<Value: FixedWidthInteger & UnsignedInteger>(
    _ values: inout [Value], subtracting: Bool = false
  ) {
    let size = Value.bitWidth / 8
    var index = 0
    while index < values.count {
      if place + size > block.count { refill() }
      let count = min((block.count - place) / size, values.count - index)
      block.withUnsafeBytes { bytes in
        for offset in 0..<count {
          let mask = Value(
            littleEndian: bytes.loadUnaligned(fromByteOffset: place + offset * size, as: Value.self)
          )
          values[index + offset] =
            subtracting ? values[index + offset] &- mask : values[index + offset] &+ mask
        }
      }
      place += count * size
      index += count
    }
  }

  private mutating func refill() {
    nettle_chacha_crypt(&cipher, block.count, &block, zeros)
    place = 0
  }
}
