import CNettle
import FMBase

/// A key pair for the agreement on a common secret: X25519 (RFC 7748), computed by Nettle.
package struct KeyPair: Equatable, Sendable {
  /// The number of bytes of a public key, a private key and an agreed secret.
  package static let size = 32

  /// The private key [32]; it must not leave its site in the clear.
  package let privateKey: [UInt8]
  /// The public key [32].
  package let publicKey: [UInt8]

  /// Derives the public key from a private one.
  /// - Precondition: the key has ``size`` bytes.
  package init(privateKey: [UInt8]) {
    precondition(privateKey.count == Self.size)
    self.privateKey = privateKey
    var point = [UInt8](repeating: 0, count: Self.size)
    nettle_curve25519_mul_g(&point, privateKey)
    publicKey = point
  }

  /// Draws a new key pair.
  /// - Throws: `ioError` if there are no random bytes.
  package init(from random: inout some RandomSource) throws(FedMedError) {
    self.init(privateKey: try random.bytes(Self.size))
  }

  /// Returns the secret [32] that this pair and the owner of `publicKey` agree on.
  /// - Throws: `badData` if the key has another size, or the secret is all zero, which a key of
  ///   small order forces (RFC 7748, section 6.1).
  package func secret(with publicKey: [UInt8]) throws(FedMedError) -> [UInt8] {
    guard publicKey.count == Self.size else {
      throw FedMedError(.badData, "a public key of \(publicKey.count) bytes, expected \(Self.size)")
    }
    var point = [UInt8](repeating: 0, count: Self.size)
    nettle_curve25519_mul(&point, privateKey, publicKey)
    guard point.reduce(0, |) != 0 else {
      throw FedMedError(.badData, "the public key is of small order")
    }
    return point
  }
}
