import FMBase

/// The masked update of one site in a round: its integers plus a mask of its own, plus a mask with
/// each other site that cancels in the sum.
///
/// Why the server learns only the sum: to it, every pairwise mask of two honest sites is a ChaCha20
/// key stream whose key it does not know (X25519 and HKDF), so the masked vectors of honest sites
/// look like uniform vectors with a fixed sum. It can remove a pairwise mask only with shares of a
/// masking key, and a site's own mask only with shares of its seed. An honest site reveals one of
/// the two for every other site, never both, and only for a set U of sites that t sites have
/// confirmed; with at most c colluding sites, two different sets cannot be confirmed, because
/// 2t > n + c. For the same reason all honest sites mask over one set A: each masks only once t
/// sites have confirmed it. Otherwise a site that was shown a smaller A would lack masks with the
/// others, whose update could then be isolated. So either the own mask or a pairwise mask with an
/// honest site remains on every single update.
///
/// Masks also depend on what is summed: the model from which the updates started, and their
/// weights. If the server offers different models, in order to know all updates but one, the masks
/// between these sites do not cancel.
package struct UpdateMasking: Sendable {
  /// What the sites of a sum have in common.
  package struct Subject: Equatable, Sendable {
    /// The identity of the model from which the updates started.
    package let model: String
    /// How updates are weighted.
    package let weights: String

    package init(model: String, weights: String) { (self.model, self.weights) = (model, weights) }

    fileprivate var members: [(String, JSON)] {
      [("model", .string(model)), ("weights", .string(weights))]
    }
  }

  private let secrets: SiteSecrets
  private let list: SiteList
  private let index: Int
  private let round: Int
  private let subject: Subject
  /// A, the places of the sites that sent shares.
  private let sharers: [Int]

  /// - Parameters:
  ///   - round: from 1.
  ///   - sharers: A, the names of the sites that sent shares.
  /// - Throws: `refused` for a forged list; `badData` if A is smaller than the threshold, has
  ///   unknown or repeated sites, or lacks this one, or the list has no keys for the round.
  package init(
    _ secrets: SiteSecrets, list: SiteList, round: Int, subject: Subject, sharers: [String]
  ) throws(FedMedError) {
    (self.secrets, self.list, self.round, self.subject) = (secrets, list, round, subject)
    index = try secrets.index(in: list)
    self.sharers = try list.places(of: sharers)
    guard (1...list.rounds).contains(round) else {
      throw FedMedError(.badData, "no masking keys for round \(round)")
    }
    guard self.sharers.count >= list.parameters.threshold, self.sharers.contains(index) else {
      throw FedMedError(
        .badData,
        "\(self.sharers.count) sites sent shares, at least \(list.parameters.threshold) and this "
          + "one must")
    }
  }

  /// Masks integers modulo 2³².
  /// - Throws: `badData` for a key of small order.
  package func masked(_ values: [UInt32]) throws(FedMedError) -> [UInt32] { try mask(values) }

  /// Masks integers modulo 2⁶⁴.
  /// - Throws: `badData` for a key of small order.
  package func masked(_ values: [UInt64]) throws(FedMedError) -> [UInt64] { try mask(values) }

  // Generic only here: the optimizer does not specialize it for callers in other modules.
  func mask<Value: FixedWidthInteger & UnsignedInteger>(
    _ values: [Value]
  ) throws(FedMedError) -> [Value] {
    var result = values
    var own = MaskStream.own(seed: secrets.rounds[round - 1].seed, subject)
    own.mask(&result)
    for other in sharers where other != index {
      var stream = try MaskStream.between(
        secrets.rounds[round - 1].masking, index, other, list: list, round: round,
        subject)
      // The site that comes first adds the mask, the other one subtracts it.
      stream.mask(&result, subtracting: index > other)
    }
    return result
  }

  /// The hash of the seed b, sent with the masked update: a wrongly recovered seed is found by it.
  package var seedHash: [UInt8] { SHA256.digest(secrets.rounds[round - 1].seed) }
}

extension SiteList {
  /// The places of sites, in the order of the list.
  /// - Throws: `badData` if one is unknown or repeated.
  func places(of sites: [String]) throws(FedMedError) -> [Int] {
    var places: [Int] = []
    for site in sites { places.append(try index(of: site)) }
    guard Set(places).count == places.count else {
      throw FedMedError(.badData, "duplicate sites in a set of sites")
    }
    return places.sorted()
  }
}

extension MaskStream {
  /// A site's own mask.
  static func own(seed: [UInt8], _ subject: UpdateMasking.Subject) -> MaskStream {
    MaskStream(
      key: KeyDerivation.key(
        from: seed, info: Array(Statement.text("own-mask", subject.members).utf8)))
  }

  /// The mask that two sites share in a round: `pair` is the masking key pair of one of them.
  /// - Throws: `badData` for a key of small order.
  static func between(
    _ pair: KeyPair, _ index: Int, _ other: Int, list: SiteList, round: Int,
    _ subject: UpdateMasking.Subject
  ) throws(FedMedError) -> MaskStream {
    let secret = try pair.secret(with: list.entries[other].maskingKeys[round - 1])
    let info = Statement.text(
      "pair-mask",
      [
        ("run", .string(list.run)), ("list", Statement.hexadecimal(list.hash)),
        ("round", .integer(round)),
        ("first", .string(list.entries[min(index, other)].site)),
        ("second", .string(list.entries[max(index, other)].site)),
      ] + subject.members)
    return MaskStream(key: KeyDerivation.key(from: secret, info: Array(info.utf8)))
  }
}
