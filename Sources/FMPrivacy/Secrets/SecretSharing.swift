import FMBase

/// Shamir's secret sharing (Communications of the ACM 22, 1979) over GF(2⁸) with the polynomial
/// x⁸ + x⁴ + x³ + x + 1, byte by byte: any `threshold` shares give the secret, and fewer say nothing
/// about it.
package enum SecretSharing {
  /// A share of a secret.
  package struct Share: Equatable, Sendable {
    /// The point of the share, from 1 to 255.
    package let point: UInt8
    /// One byte per byte of the secret.
    package let bytes: [UInt8]

    package init(point: UInt8, bytes: [UInt8]) {
      (self.point, self.bytes) = (point, bytes)
    }
  }

  /// The most shares of a secret: the field has 255 points other than zero.
  package static let maxShares = 255

  /// Splits `secret` into `count` shares, at the points 1, 2, …
  /// - Precondition: 1 ≤ `threshold` ≤ `count` ≤ ``maxShares``.
  /// - Throws: `ioError` if there are no random bytes.
  package static func split(
    _ secret: [UInt8], count: Int, threshold: Int, random: inout some RandomSource
  ) throws(FedMedError) -> [Share] {
    precondition((1...count).contains(threshold) && count <= maxShares)
    // The coefficients of x¹, x², … for every byte of the secret.
    let coefficients = try random.bytes(secret.count * (threshold - 1))
    return (1...count).map { point in
      let x = UInt8(point)
      let bytes = secret.indices.map { index in
        // Horner's rule, from the highest power down to the secret.
        (0..<threshold - 1).reversed().reduce(UInt8(0)) { sum, power in
          product(sum ^ coefficients[index * (threshold - 1) + power], x)
        } ^ secret[index]
      }
      return Share(point: x, bytes: bytes)
    }
  }

  /// Recovers a secret from shares, by Lagrange interpolation at zero.
  ///
  /// Wrong shares, or fewer than the threshold, give a wrong secret without an error; the caller
  /// checks it against a public key or a hash.
  /// - Throws: `badData` if there are no shares, their points are zero or repeated, or their lengths
  ///   differ.
  package static func recover(_ shares: [Share]) throws(FedMedError) -> [UInt8] {
    guard let first = shares.first, shares.allSatisfy({ $0.bytes.count == first.bytes.count })
    else { throw FedMedError(.badData, "shares of different lengths") }
    guard shares.allSatisfy({ $0.point != 0 }), Set(shares.map(\.point)).count == shares.count
    else { throw FedMedError(.badData, "duplicate or invalid points of shares") }
    var secret = [UInt8](repeating: 0, count: first.bytes.count)
    for share in shares {
      var weight: UInt8 = 1
      for other in shares where other.point != share.point {
        weight = product(weight, product(other.point, inverse(other.point ^ share.point)))
      }
      for index in secret.indices { secret[index] ^= product(weight, share.bytes[index]) }
    }
    return secret
  }

  /// The product in the field. No branch and no table lookup depends on a value, so the time tells
  /// nothing about secrets.
  static func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
    var (a, result): (UInt8, UInt8) = (a, 0)
    for bit in 0..<8 {
      result ^= a & (0 &- (b >> UInt8(bit) & 1))
      a = (a << 1) ^ (0x1B & (0 &- (a >> 7)))
    }
    return result
  }

  /// The inverse in the field: a²⁵⁴. The inverse of zero is zero.
  static func inverse(_ a: UInt8) -> UInt8 {
    var (power, result): (UInt8, UInt8) = (a, 1)
    for _ in 0..<7 {
      power = product(power, power)
      result = product(result, power)
    }
    return result
  }
}
