import CNettle

/// HMAC with SHA-256 (RFC 2104): a checksum that only the holders of a key can compute.
package enum MessageAuthentication {
  /// The number of bytes of a code.
  package static let size = 32

  /// Returns the code of a message.
  package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var context = hmac_sha256_ctx()
    nettle_hmac_sha256_set_key(&context, key.count, key)
    nettle_hmac_sha256_update(&context, message.count, message)
    var digest = [UInt8](repeating: 0, count: size)
    nettle_hmac_sha256_digest(&context, digest.count, &digest)
    return digest
  }
}
