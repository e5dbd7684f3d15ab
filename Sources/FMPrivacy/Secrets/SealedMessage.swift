import CNettle
import FMBase

/// Encryption with authentication: ChaCha20-Poly1305 (RFC 8439), computed by Nettle.
package enum SealedMessage {
  /// The number of bytes by which a sealed message is longer.
  package static let overhead = 16

  /// Encrypts `message` and authenticates it together with `context`, which is not encrypted.
  /// - Parameters:
  ///   - key: 32 bytes; a key must seal only one message per nonce.
  ///   - nonce: 12 bytes.
  /// - Returns: the ciphertext, followed by its tag of 16 bytes.
  package static func seal(
    _ message: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> [UInt8] {
    var cipher = start(key, nonce, context)
    var text = [UInt8](repeating: 0, count: message.count)
    nettle_chacha_poly1305_encrypt(&cipher, message.count, &text, message)
    return text + tag(&cipher)
  }

  /// Decrypts a sealed message.
  /// - Throws: `badData` if the message, the context, the key or the nonce is not that of the
  ///   sender.
  package static func open(
    _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) throws(FedMedError) -> [UInt8] {
    guard sealed.count >= overhead else {
      throw FedMedError(.badData, "a sealed message of only \(sealed.count) bytes")
    }
    let text = Array(sealed.dropLast(overhead))
    var cipher = start(key, nonce, context)
    var message = [UInt8](repeating: 0, count: text.count)
    nettle_chacha_poly1305_decrypt(&cipher, text.count, &message, text)
    // Without an early exit: the time must not tell how much of a forged tag is right.
    let difference = zip(tag(&cipher), sealed.suffix(overhead)).reduce(UInt8(0)) {
      $0 | ($1.0 ^ $1.1)
    }
    guard difference == 0 else {
      throw FedMedError(.badData, "not sealed by its sender for this purpose")
    }
    return message
  }

  /// The number of bytes of a nonce.
  package static let nonceSize = 12

  /// Encrypts a message with a random nonce, which precedes it.
  /// - Throws: `ioError` if there are no random bytes.
  package static func seal(
    _ message: [UInt8], key: [UInt8], context: [UInt8], random: inout some RandomSource
  ) throws(FedMedError) -> [UInt8] {
    let nonce = try random.bytes(nonceSize)
    return nonce + seal(message, key: key, nonce: nonce, context: context)
  }

  /// Decrypts a message that its nonce precedes.
  /// - Throws: `badData` if the message, the context or the key is not that of the sender.
  package static func open(
    _ sealed: [UInt8], key: [UInt8], context: [UInt8]
  ) throws(FedMedError) -> [UInt8] {
    guard sealed.count >= nonceSize + overhead else {
      throw FedMedError(.badData, "a sealed message of only \(sealed.count) bytes")
    }
    return try open(
      Array(sealed.dropFirst(nonceSize)), key: key, nonce: Array(sealed.prefix(nonceSize)),
      context: context)
  }

  private static func start(
    _ key: [UInt8], _ nonce: [UInt8], _ context: [UInt8]
  ) -> chacha_poly1305_ctx {
    precondition(key.count == 32 && nonce.count == 12)
    var cipher = chacha_poly1305_ctx()
    nettle_chacha_poly1305_set_key(&cipher, key)
    nettle_chacha_poly1305_set_nonce(&cipher, nonce)
    nettle_chacha_poly1305_update(&cipher, context.count, context)
    return cipher
  }

  private static func tag(_ cipher: inout chacha_poly1305_ctx) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: overhead)
    nettle_chacha_poly1305_digest(&cipher, tag.count, &tag)
    return tag
  }
}
