import FMBase
import Testing

@testable import FMPrivacy

/// A source of bytes that a test knows: those of a fixed ChaCha20 stream.
struct KnownRandom: RandomSource {
  private var stream: MaskStream

  init(seed: UInt8) { stream = MaskStream(key: [UInt8](repeating: seed, count: 32)) }

  mutating func bytes(_ count: Int) throws(FedMedError) -> [UInt8] {
    var values = [UInt8](repeating: 0, count: count)
    stream.mask(&values)
    return values
  }
}

/// The primitives of secure aggregation, against the vectors of their RFCs and of other software.
struct SecretsTests {
  func bytes(_ hexadecimal: String) -> [UInt8] {
    var digits = hexadecimal.unicodeScalars.compactMap { Character($0).hexDigitValue }[...]
    var bytes: [UInt8] = []
    while let high = digits.popFirst(), let low = digits.popFirst() {
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }

  @Test func agreesAsRFC7748Does() throws {
    let pair = KeyPair(
      privateKey: bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"))
    #expect(
      try pair.secret(
        with: bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"))
        == bytes("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"))
  }

  @Test func bothSidesAgree() throws {
    var random = SystemRandom()
    let (a, b) = (try KeyPair(from: &random), try KeyPair(from: &random))
    #expect(a != b)
    #expect(try a.secret(with: b.publicKey) == b.secret(with: a.publicKey))
  }

  /// A key of small order would force a secret that everybody knows.
  @Test(arguments: [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "00",
  ])
  func refusesKeysOfSmallOrder(key: String) throws {
    var random = SystemRandom()
    let pair = try KeyPair(from: &random)
    #expect(throws: FedMedError.self) { try pair.secret(with: bytes(key)) }
  }

  /// RFC 5869, test cases 1 and 3.
  @Test func derivesKeysAsRFC5869Does() {
    let secret = [UInt8](repeating: 0x0B, count: 22)
    #expect(
      KeyDerivation.key(
        from: secret, salt: Array(0...12), info: Array(0xF0...0xF9), count: 42)
        == bytes(
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
    #expect(
      KeyDerivation.key(from: secret, info: [], count: 42)
        == bytes(
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
  }

  /// RFC 8439, section 2.8.2.
  @Test func sealsAsRFC8439Does() throws {
    let text = Array(
      ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        + "future, sunscreen would be it.").utf8)
    let (key, nonce) = (Array<UInt8>(0x80...0x9F), bytes("070000004041424344454647"))
    let context = bytes("50515253c0c1c2c3c4c5c6c7")
    let sealed = SealedMessage.seal(text, key: key, nonce: nonce, context: context)
    #expect(
      sealed
        == bytes(
          """
          d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69\
          da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594\
          5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691
          """))
    #expect(try SealedMessage.open(sealed, key: key, nonce: nonce, context: context) == text)
    // A changed byte, context, key or nonce is found.
    for place in [0, text.count, sealed.count - 1] {
      var forged = sealed
      forged[place] ^= 1
      #expect(throws: FedMedError.self) {
        try SealedMessage.open(forged, key: key, nonce: nonce, context: context)
      }
    }
    for (key, nonce, context) in [
      (key, nonce, context + [0]), (key.reversed(), nonce, context),
      (key, nonce.reversed(), context),
    ] {
      #expect(throws: FedMedError.self) {
        try SealedMessage.open(sealed, key: key, nonce: nonce, context: context)
      }
    }
    #expect(throws: FedMedError.self) {
      try SealedMessage.open([1, 2, 3], key: key, nonce: nonce, context: context)
    }
  }

  /// RFC 8439, appendix A.1, test vector 1.
  @Test func masksAreTheKeyStreamOfChaCha20() {
    var stream = MaskStream(key: [UInt8](repeating: 0, count: 32))
    var values = [UInt32](repeating: 0, count: 3)
    stream.mask(&values)
    #expect(values == [0xADE0_B876, 0x903D_F1A0, 0xE56A_5D40])
    stream.mask(&values, subtracting: true)
    // What one stream adds, an equal one subtracts, over the borders of its blocks too.
    let original = (0..<40_000).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    var masked = original
    var (one, other) = (MaskStream(key: Array(0..<32)), MaskStream(key: Array(0..<32)))
    one.mask(&masked)
    #expect(masked != original)
    other.mask(&masked, subtracting: true)
    #expect(masked == original)
  }

  struct Shared: Decodable {
    struct Share: Decodable {
      let point: UInt8
      let bytes: String
    }
    let threshold: Int
    let secret: String
    let shares: [Share]
  }

  /// Shares that pyshamir made.
  @Test func recoversSecretsOfOtherSoftware() throws {
    let cases: [Shared] = try Golden.json("privacy/shares.json")
    #expect(cases.map(\.threshold) == [3, 4, 34])
    for example in cases {
      let shares = example.shares.map {
        SecretSharing.Share(point: $0.point, bytes: bytes($0.bytes))
      }
      let secret = bytes(example.secret)
      #expect(try SecretSharing.recover(Array(shares.prefix(example.threshold))) == secret)
      #expect(try SecretSharing.recover(Array(shares.suffix(example.threshold))) == secret)
      #expect(try SecretSharing.recover(shares) == secret)
      #expect(try SecretSharing.recover(Array(shares.prefix(example.threshold - 1))) != secret)
    }
  }

  @Test(arguments: [(1, 1), (3, 2), (5, 4), (50, 34), (255, 171)])
  func sharesGiveTheSecret(count: Int, threshold: Int) throws {
    var random = KnownRandom(seed: 7)
    let secret = try random.bytes(32)
    let shares = try SecretSharing.split(
      secret, count: count, threshold: threshold, random: &random)
    #expect(shares.map(\.point) == (1...count).map { UInt8($0) })
    for _ in 0..<4 {
      var chosen = shares
      while chosen.count > threshold {
        chosen.remove(at: Int(try random.uniform(below: UInt128(chosen.count))))
      }
      #expect(try SecretSharing.recover(chosen) == secret)
    }
    guard threshold > 1 else { return }
    #expect(try SecretSharing.recover(Array(shares.prefix(threshold - 1))) != secret)
    // A wrong share gives another secret, which its check refuses.
    var wrong = Array(shares.prefix(threshold))
    wrong[0] = .init(point: wrong[0].point, bytes: wrong[0].bytes.map { $0 ^ 1 })
    #expect(try SecretSharing.recover(wrong) != secret)
  }

  /// Fewer shares than the threshold are uniform whatever the secret: every byte is as likely.
  @Test func fewSharesSayNothing() throws {
    var random = KnownRandom(seed: 9)
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 256), count: 2)
    for _ in 0..<2000 {
      for (which, secret) in [[UInt8](repeating: 0, count: 32), Array(224...255)].enumerated() {
        let share = try SecretSharing.split(secret, count: 3, threshold: 2, random: &random)[1]
        for byte in share.bytes { counts[which][Int(byte)] += 1 }
      }
    }
    for histogram in counts {
      let expected = Double(histogram.reduce(0, +)) / 256
      let statistic = histogram.reduce(0) { $0 + pow2(Double($1) - expected) / expected }
      // Chi-squared with 255 degrees of freedom: 99.99 % lie below 347.
      #expect(statistic < 347)
    }
  }

  private func pow2(_ x: Double) -> Double { x * x }

  @Test func refusesImpossibleShares() {
    let share = SecretSharing.Share(point: 1, bytes: [1, 2])
    for shares in [
      [], [share, share], [SecretSharing.Share(point: 0, bytes: [1, 2])],
      [share, SecretSharing.Share(point: 2, bytes: [1])],
    ] {
      #expect(throws: FedMedError.self) { try SecretSharing.recover(shares) }
    }
  }

  @Test func theFieldHasInverses() {
    for a in UInt8(1)...255 {
      #expect(SecretSharing.product(a, SecretSharing.inverse(a)) == 1)
    }
    #expect(SecretSharing.product(0x57, 0x83) == 0xC1)
    #expect(SecretSharing.inverse(0) == 0)
  }

  @Test func uniformIntegersCoverTheirRange() throws {
    var random = SystemRandom()
    for bound: UInt128 in [1, 2, 3, 200, 257] {
      var seen: Set<UInt128> = []
      for _ in 0..<8000 { seen.insert(try random.uniform(below: bound)) }
      #expect(seen == Set(0..<bound))
    }
    #expect(try random.uniform(below: .max) != random.uniform(below: .max))
  }
}
