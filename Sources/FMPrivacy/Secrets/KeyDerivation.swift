import CNettle

/// HKDF with SHA-256 (RFC 5869): keys for different purposes from one secret.
package enum KeyDerivation {
  /// The number of bytes of a SHA-256 digest.
  private static let digestSize = 32

  /// Derives `count` bytes.
  /// - Parameters:
  ///   - secret: the input keying material.
  ///   - salt: a public value, which may be empty.
  ///   - info: the purpose; different purposes give independent keys.
  /// - Precondition: `count` is at most 255 · 32.
  package static func key(
    from secret: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int = 32
  ) -> [UInt8] {
    precondition(count <= 255 * digestSize)
    let zeros = [UInt8](repeating: 0, count: digestSize)
    let extracted = authenticationCode(of: secret, key: salt.isEmpty ? zeros : salt)
    var (result, block): ([UInt8], [UInt8]) = ([], [])
    var counter: UInt8 = 1
    while result.count < count {
      block = authenticationCode(of: block + info + [counter], key: extracted)
      result += block
      counter &+= 1
    }
    return Array(result.prefix(count))
  }

  /// HMAC-SHA256 (RFC 2104).
  private static func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var context = hmac_sha256_ctx()
    nettle_hmac_sha256_set_key(&context, key.count, key)
    nettle_hmac_sha256_update(&context, message.count, message)
    var digest = [UInt8](repeating: 0, count: digestSize)
    nettle_hmac_sha256_digest(&context, digest.count, &digest)
    return digest
  }
}
