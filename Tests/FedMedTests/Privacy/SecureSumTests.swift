import FMBase
import Foundation
import Testing

@testable import FMPrivacy

/// The whole protocol of a secure sum, in memory: its result is the plain sum, and whoever departs
/// from the protocol gets an error and never a wrong sum.
struct SecureSumTests {
  /// The sites of a run, and what they hold.
  struct Federation {
    let list: SiteList
    let secrets: [SiteSecrets]
    /// The shares that each site holds, by sender and round.
    var held: [[String: [ShareMessage.Round]]]

    init(sites: Int, rounds: Int = 2, sharing: Set<Int>? = nil) throws {
      var random = KnownRandom(seed: UInt8(sites))
      secrets = try (0..<sites).map {
        try SiteSecrets(site: "site\($0 + 10)", rounds: rounds, from: &random)
      }
      list = try SiteList(run: "run", entries: secrets.reversed().map(\.entry))
      held = Array(repeating: [:], count: sites)
      for sender in 0..<sites where sharing?.contains(sender) ?? true {
        let (sealed, own) = try ShareMessage.messages(
          of: secrets[sender], list: list, random: &random)
        for receiver in 0..<sites {
          held[receiver][secrets[sender].site] =
            try receiver == sender
            ? own
            : ShareMessage.open(
              sealed[receiver], from: sender, secrets: secrets[receiver], list: list)
        }
      }
    }

    func names(_ sites: some Sequence<Int>) -> [String] { sites.map { secrets[$0].site } }

    func masking(
      _ site: Int, round: Int, sharers: [Int],
      subject: UpdateMasking.Subject = SecureSumTests.subject
    ) throws -> UpdateMasking {
      try UpdateMasking(
        secrets[site], list: list, round: round, subject: subject, sharers: names(sharers))
    }

    func agreement(_ summed: [Int], round: Int, sharers: [Int]) throws -> SumAgreement {
      try SumAgreement(
        list: list, round: round, sharers: names(sharers),
        updates: Dictionary(uniqueKeysWithValues: names(summed).map { ($0, "id-\($0)") }))
    }

    func reveal(
      _ site: Int, _ agreement: SumAgreement, signers: [Int]
    ) throws -> [String: [UInt8]] {
      try agreement.reveal(
        signers: Set(names(signers)), shares: held[site].mapValues { $0[agreement.round - 1] })
    }

    /// Runs a round: `sharers` sent shares, `summed` masked updates, and `revealing` shares.
    func sum<Value: FixedWidthInteger & UnsignedInteger>(
      _ values: [[Value]], round: Int, sharers: [Int], summed: [Int], revealing: [Int]
    ) throws -> [Value] {
      var total = [Value](repeating: 0, count: values[0].count)
      var hashes: [String: [UInt8]] = [:]
      for site in summed {
        let masking = try masking(site, round: round, sharers: sharers)
        total = zip(total, try masking.mask(values[site])).map { $0 &+ $1 }
        hashes[secrets[site].site] = masking.seedHash
      }
      let agreement = try agreement(summed, round: round, sharers: sharers)
      var unmasking = SumUnmasking(
        list: list, agreement: agreement, subject: SecureSumTests.subject, seedHashes: hashes)
      for site in revealing {
        try unmasking.add(
          reveal(site, agreement, signers: sharers), from: secrets[site].site)
      }
      return try unmasking.unmask(total)
    }
  }

  func values<Value: FixedWidthInteger & UnsignedInteger>(_ sites: Int) -> [[Value]] {
    var stream = MaskStream(key: [UInt8](repeating: 77, count: 32))
    return (0..<sites).map { _ in
      var values = [Value](repeating: 0, count: 50)
      stream.mask(&values)
      return values
    }
  }

  func plain<Value: FixedWidthInteger & UnsignedInteger>(
    _ values: [[Value]], _ sites: [Int]
  ) -> [Value] {
    values[0].indices.map { index in sites.reduce(0) { $0 &+ values[$1][index] } }
  }

  /// With no dropouts, one, and as many as the threshold allows, at each of the three steps.
  static let subject = UpdateMasking.Subject(model: "model", weights: "uniform")

  /// A server that offers different models, so that it knows all updates but one, learns nothing:
  /// masks between sites with different models, or weights, do not cancel.
  @Test(arguments: [("other", "uniform"), ("model", "samples")])
  func differentModelsDoNotCancel(model: String, weights: String) throws {
    let federation = try Federation(sites: 4)
    let zeros = [UInt32](repeating: 0, count: 64)
    let all = Array(0..<4)
    var (total, hashes) = (zeros, [String: [UInt8]]())
    for site in all {
      let masking = try federation.masking(
        site, round: 1, sharers: all,
        subject: site == 1 ? .init(model: model, weights: weights) : Self.subject)
      total = zip(total, try masking.masked(zeros)).map { $0 &+ $1 }
      hashes[federation.secrets[site].site] = masking.seedHash
    }
    let agreement = try federation.agreement(all, round: 1, sharers: all)
    for subject in [Self.subject, .init(model: model, weights: weights)] {
      var unmasking = SumUnmasking(
        list: federation.list, agreement: agreement, subject: subject, seedHashes: hashes)
      for site in all {
        try unmasking.add(
          federation.reveal(site, agreement, signers: all), from: federation.secrets[site].site)
      }
      // Uniform numbers, of which hardly any is small.
      let sum = try unmasking.unmasked(total)
      #expect(sum.count { $0.leadingZeroBitCount > 12 } < 3)
      #expect(Set(sum).count == 64)
    }
  }

  /// FEDMED_SITES adds a number of sites, such as 50.
  static let sites =
    [3, 4, 5, 7, 12]
    + (ProcessInfo.processInfo.environment["FEDMED_SITES"].flatMap(Int.init).map { [$0] } ?? [])

  @Test(arguments: sites)
  func theSumIsThePlainSum(sites: Int) throws {
    let all = Array(0..<sites)
    let most = sites - (try SecureParameters(sites: sites).threshold)
    for lost in Set([0, min(1, most), most]) {
      for step in 1...3 {
        let sharers = Array(all.dropFirst(step == 1 ? lost : 0))
        let federation = try Federation(sites: sites, sharing: Set(sharers))
        let summed = Array(sharers.dropLast(step == 2 ? lost : 0))
        let revealing = Array(sharers.dropFirst(step == 3 ? lost : 0))
        for round in 1...2 {
          let (narrow, wide): ([[UInt32]], [[UInt64]]) = (values(sites), values(sites))
          #expect(
            try federation.sum(
              narrow, round: round, sharers: sharers, summed: summed, revealing: revealing)
              == plain(narrow, summed))
          #expect(
            try federation.sum(
              wide, round: round, sharers: sharers, summed: summed, revealing: revealing)
              == plain(wide, summed))
        }
      }
    }
  }

  @Test func belowTheThresholdThereIsNoSum() throws {
    let federation = try Federation(sites: 5)
    let numbers: [[UInt32]] = values(5)
    let all = Array(0..<5)
    #expect(throws: FedMedError.self) {
      try federation.sum(
        numbers, round: 1, sharers: all, summed: [0, 1, 2], revealing: all)
    }
    #expect(throws: FedMedError.self) {
      try federation.sum(
        numbers, round: 1, sharers: all, summed: all, revealing: [0, 1, 2])
    }
    #expect(throws: FedMedError.self) {
      try federation.masking(0, round: 1, sharers: [0, 1, 2])
    }
  }

  @Test func parametersAreThoseOfTheDesign() throws {
    for (sites, threshold, colluding) in [
      (3, 3, 1), (4, 3, 1), (5, 4, 1), (7, 5, 2), (10, 7, 3), (50, 34, 16), (255, 171, 84),
    ] {
      let parameters = try SecureParameters(sites: sites)
      #expect(parameters.threshold == threshold && parameters.colluding == colluding)
    }
    for sites in [0, 1, 2, 256] {
      #expect(throws: FedMedError.self) { try SecureParameters(sites: sites) }
    }
  }

  /// A wrong share, a share for another round, or one of another kind gives an error.
  @Test func wrongSharesGiveErrors() throws {
    let federation = try Federation(sites: 5)
    let numbers: [[UInt32]] = values(5)
    let (all, summed) = (Array(0..<5), [0, 1, 2, 4])
    var (total, hashes) = ([UInt32](repeating: 0, count: 50), [String: [UInt8]]())
    for site in summed {
      let masking = try federation.masking(site, round: 1, sharers: all)
      total = zip(total, try masking.masked(numbers[site])).map { $0 &+ $1 }
      hashes[federation.secrets[site].site] = masking.seedHash
    }
    let agreement = try federation.agreement(summed, round: 1, sharers: all)
    let wrong: [(String, (inout [String: [UInt8]]) -> Void)] = [
      ("one bit of a seed's share", { $0["site10"]?[3] ^= 1 }),
      ("one bit of a key's share", { $0["site13"]?[31] ^= 0x40 }),
      (
        "another round's",
        { $0["site11"] = federation.held[0]["site11"]?[1].seed }
      ),
      ("the other kind", { $0["site12"] = federation.held[0]["site12"]?[0].maskingKey }),
    ]
    for (name, change) in wrong {
      var unmasking = SumUnmasking(
        list: federation.list, agreement: agreement, subject: Self.subject, seedHashes: hashes)
      for site in summed {
        var revealed = try federation.reveal(site, agreement, signers: all)
        if site == 0 { change(&revealed) }
        try unmasking.add(revealed, from: federation.secrets[site].site)
      }
      #expect(throws: FedMedError.self, "\(name)") { try unmasking.unmasked(total) }
    }
    // Twice from one site, from a stranger, or about other sites than asked for.
    var unmasking = SumUnmasking(
      list: federation.list, agreement: agreement, subject: Self.subject, seedHashes: hashes)
    let revealed = try federation.reveal(0, agreement, signers: all)
    try unmasking.add(revealed, from: "site10")
    for (site, shares) in [("site10", revealed), ("other", revealed), ("site11", [:])] {
      #expect(throws: FedMedError.self) { try unmasking.add(shares, from: site) }
    }
  }

  /// A site reveals nothing unless the threshold of sites has signed, and never both shares.
  @Test func sitesRevealOnlyWhatWasConfirmed() throws {
    let federation = try Federation(sites: 5)
    let all = Array(0..<5)
    let agreement = try federation.agreement([0, 1, 2, 4], round: 1, sharers: all)
    #expect(throws: FedMedError.self) {
      try federation.reveal(0, agreement, signers: [0, 1, 2])
    }
    #expect(throws: FedMedError.self) {
      try agreement.reveal(signers: ["a", "b", "c", "d", "e"], shares: [:])
    }
    let revealed = try federation.reveal(1, agreement, signers: [0, 1, 2, 3])
    for (site, share) in revealed {
      let both = try #require(federation.held[1][site]?[0])
      #expect(share == (site == "site13" ? both.maskingKey : both.seed))
      #expect(share != (site == "site13" ? both.seed : both.maskingKey))
    }
    // Two sets, rounds or lists have different texts, so a signature of one is none of the other.
    let texts = try [
      agreement, federation.agreement(all, round: 1, sharers: all),
      federation.agreement([0, 1, 2, 4], round: 2, sharers: all),
      federation.agreement([0, 1, 2, 4], round: 1, sharers: [0, 1, 2, 4]),
      Federation(sites: 6).agreement([0, 1, 2, 3, 4], round: 1, sharers: Array(0..<6)),
    ].map(\.text)
    #expect(Set(texts).count == texts.count)
    #expect(throws: FedMedError.self) {
      try federation.agreement([0, 1, 2, 3, 4], round: 1, sharers: [0, 1, 2, 3])
    }
  }

  /// Shares are only for their receiver, run and list.
  @Test func replayedAndForgedMessagesAreRefused() throws {
    let federation = try Federation(sites: 4)
    var random = KnownRandom(seed: 99)
    let (list, secrets) = (federation.list, federation.secrets)
    let (sealed, _) = try ShareMessage.messages(of: secrets[0], list: list, random: &random)
    #expect(
      try ShareMessage.open(sealed[1], from: 0, secrets: secrets[1], list: list).count == 2)
    let other = try SiteList(run: "other", entries: list.entries)
    for (message, sender, receiver, list) in [
      (sealed[1], 0, 2, list), (sealed[1], 2, 1, list), (sealed[2], 0, 1, list),
      (sealed[1], 0, 1, other), (Array(sealed[1].dropLast()), 0, 1, list), ([], 0, 1, list),
    ] {
      #expect(throws: FedMedError.self) {
        try ShareMessage.open(message, from: sender, secrets: secrets[receiver], list: list)
      }
    }
    // A server that replaces a site's keys is found by that site.
    let stranger = try SiteSecrets(site: "site10", rounds: 2, from: &random)
    let forged = try SiteList(
      run: "run", entries: [stranger.entry] + list.entries.filter { $0.site != "site10" })
    #expect(throws: FedMedError.self) {
      try ShareMessage.messages(of: secrets[0], list: forged, random: &random)
    }
    #expect(forged.hash != list.hash)
    let unlisted = try SiteSecrets(site: "site99", rounds: 2, from: &random)
    #expect(throws: FedMedError.self) {
      try UpdateMasking(
        unlisted, list: list, round: 1, subject: Self.subject, sharers: list.entries.map(\.site))
    }
  }

  @Test func impossibleListsAreRefused() throws {
    let entries = try Federation(sites: 4).list.entries
    let first = entries[0]
    for wrong in [
      [first] + entries, Array(entries.prefix(2)),
      entries.dropLast() + [
        SiteList.Entry(
          site: "z", encryptionKey: first.encryptionKey, maskingKeys: entries[3].maskingKeys)
      ],
      entries.dropLast() + [
        SiteList.Entry(site: "z", encryptionKey: [1], maskingKeys: entries[3].maskingKeys)
      ],
      entries.dropLast() + [
        SiteList.Entry(
          site: "z", encryptionKey: entries[3].encryptionKey,
          maskingKeys: Array(entries[3].maskingKeys.dropLast()))
      ],
    ] {
      #expect(throws: FedMedError.self) { try SiteList(run: "run", entries: wrong) }
    }
    #expect(
      try SiteList(run: "run", entries: entries.reversed()).hash
        == SiteList(run: "run", entries: entries).hash)
  }

  /// Masked updates of zeros and of extreme values are uniform: every byte, and every bit with its
  /// neighbor in the next site's update.
  @Test(arguments: [UInt32.min, 1, .max, 0x8000_0000, 0x7FFF_FFFF])
  func maskedUpdatesLookUniform(value: UInt32) throws {
    let federation = try Federation(sites: 4, rounds: 1)
    let numbers = [UInt32](repeating: value, count: 50_000)
    let masked = try (0..<4).map {
      try federation.masking($0, round: 1, sharers: [0, 1, 2, 3]).masked(numbers)
    }
    var counts = [Int](repeating: 0, count: 256)
    for number in masked[0] {
      for shift in stride(from: 0, to: 32, by: 8) { counts[Int(number >> shift & 255)] += 1 }
    }
    let expected = 4 * 50_000.0 / 256
    let statistic = counts.reduce(0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    // Chi-squared with 255 degrees of freedom: 99.99 % lie below 347, 0.01 % below 176.
    #expect(statistic < 347 && statistic > 170)
    let agreeing = zip(masked[0], masked[1]).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
    let deviation = (32 * 50_000.0 / 4).squareRoot()
    #expect((Double(agreeing) - 32 * 25_000).magnitude < 4.5 * deviation)
    #expect(Set(masked[0]).count > 49_900)
  }

  /// The same secrets give the same bytes, so a repeated step reveals nothing new.
  @Test func repeatedStepsGiveTheSameBytes() throws {
    let federation = try Federation(sites: 3)
    let numbers: [UInt64] = values(1)[0]
    let (a, b) = (
      try federation.masking(1, round: 2, sharers: [0, 1, 2]).masked(numbers),
      try federation.masking(1, round: 2, sharers: [2, 1, 0]).masked(numbers)
    )
    #expect(a == b)
    #expect(try a != federation.masking(1, round: 1, sharers: [0, 1, 2]).masked(numbers))
  }

  @Test func fixedPointSumsAreExact() throws {
    let point = FixedPointCoding(unitsInOne: 0x1p24, bits: 32, sites: 5)
    #expect(point.limit == Int64(Int32.max) / 5)
    let largest = Float(Double(point.limit) / 0x1p24).nextDown
    let sites: [[Float]] = [[0.5, -1, largest], [0.25, 1e-9, largest], [-3, 2, largest]]
    var total = [UInt32](repeating: 0, count: 3)
    for site in sites {
      let own: [UInt32] = try point.integers(site)
      total = zip(total, own).map { $0 &+ $1 }
    }
    let units = Int64(Double(largest) * 0x1p24)
    #expect(point.sum(total) == [Int64(-2.25 * 0x1p24), 1 << 24, 3 * units])
    for wrong in [largest * 1.01, -largest * 1.01, .infinity, .nan] {
      #expect(throws: FedMedError.self) { let _: [UInt32] = try point.integers([wrong]) }
    }
    let wide = FixedPointCoding(unitsInOne: 1, bits: 56, sites: 3)
    #expect(wide.limit == ((1 << 55) - 1) / 3)
    #expect(try wide.sum(wide.integers([-5, wide.limit])) == [-5, wide.limit])
    #expect(throws: FedMedError.self) { try wide.integers([wide.limit + 1]) }
    #expect(throws: FedMedError.self) { try wide.integers([Int64.min]) }
  }
}
