/// HKDF with SHA-256 (RFC 5869): keys for different purposes from one secret.
package enum KeyDerivation {
  /// Derives `count` bytes.
  /// - Parameters:
  ///   - secret: the input keying material.
  ///   - salt: a public value, which may be empty.
  ///   - info: the purpose; different purposes give independent keys.
  /// - Precondition: `count` is at most 255 · 32.
  package static func key(
    from secret: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int = 32
  ) -> [UInt8] {
    precondition(count <= 255 * MessageAuthentication.size)
    let zeros = [UInt8](repeating: 0, count: MessageAuthentication.size)
    let extracted = MessageAuthentication.code(of: secret, key: salt.isEmpty ? zeros : salt)
    var (result, block): ([UInt8], [UInt8]) = ([], [])
    var counter: UInt8 = 1
    while result.count < count {
      block = MessageAuthentication.code(of: block + info + [counter], key: extracted)
      result += block
      counter &+= 1
    }
    return Array(result.prefix(count))
  }
}
