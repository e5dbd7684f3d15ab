import CNettle

/// An incremental SHA-256 checksum (FIPS 180-4), computed by Nettle.
package struct SHA256 {
  private var context = sha256_ctx()

  /// Starts a checksum.
  package init() {
    nettle_sha256_init(&context)
  }

  /// Adds bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, base.assumingMemoryBound(to: UInt8.self))
  }

  /// Adds bytes.
  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Returns the checksum of all bytes so far and resets the state.
  mutating func finalize() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    nettle_sha256_digest(&context, digest.count, &digest)
    return digest
  }

  /// Returns the checksum as 64 lower-case hexadecimal digits, as `sha256sum` prints it, and resets
  /// the state.
  package mutating func hexadecimal() -> String {
    Self.hexadecimal(finalize())
  }

  /// Returns the checksum of `bytes` [32].
  package static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finalize()
  }

  /// Returns a checksum as lower-case hexadecimal digits.
  package static func hexadecimal(_ digest: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
