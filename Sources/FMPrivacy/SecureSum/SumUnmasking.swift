import FMBase

/// The server's last step of a round: removes the masks from the sum of the masked updates.
package struct SumUnmasking: Sendable {
  private let list: SiteList
  private let agreement: SumAgreement
  private let subject: UpdateMasking.Subject
  /// The hashes of the seeds that came with the masked updates, by site.
  private let seedHashes: [String: [UInt8]]
  /// Revealed shares, by the site that they belong to.
  private var shares: [String: [SecretSharing.Share]] = [:]
  private var answered: Set<String> = []

  package init(
    list: SiteList, agreement: SumAgreement, subject: UpdateMasking.Subject,
    seedHashes: [String: [UInt8]]
  ) {
    (self.list, self.agreement, self.subject) = (list, agreement, subject)
    self.seedHashes = seedHashes
  }

  /// Adds what a site has revealed.
  /// - Throws: `badData` if the site is not one of those that sent shares, has answered before, or
  ///   reveals other shares than asked for.
  package mutating func add(_ revealed: [String: [UInt8]], from site: String) throws(FedMedError) {
    guard agreement.sharers.contains(site), !answered.contains(site),
      Set(revealed.keys) == Set(agreement.sharers),
      revealed.values.allSatisfy({ $0.count == KeyPair.size })
    else {
      throw FedMedError(.badData, "unexpected shares from site '\(printable(site))'")
    }
    let point = UInt8(try list.index(of: site) + 1)
    for (owner, bytes) in revealed {
      shares[owner, default: []].append(.init(point: point, bytes: bytes))
    }
    answered.insert(site)
  }

  /// Whether enough sites have answered.
  package var isComplete: Bool { answered.count >= list.parameters.threshold }

  /// Removes the masks from a sum of masked updates, modulo 2³²: exactly the sum of the
  /// updates of U.
  /// - Parameter sum: the sum of the masked updates of all sites in U.
  /// - Throws: `tryAgain` if too few sites have answered; `badData` if a recovered secret does not
  ///   match its public key or hash, so that a wrong share gives an error and never a wrong sum.
  package func unmasked(_ sum: [UInt32]) throws(FedMedError) -> [UInt32] { try unmask(sum) }

  /// The same for integers modulo 2⁶⁴.
  /// - Throws: as above.
  package func unmasked(_ sum: [UInt64]) throws(FedMedError) -> [UInt64] { try unmask(sum) }

  func unmask<Value: FixedWidthInteger & UnsignedInteger>(
    _ sum: [Value]
  ) throws(FedMedError) -> [Value] {
    guard isComplete else {
      throw FedMedError(
        .tryAgain,
        "\(answered.count) sites have revealed shares, the threshold is "
          + "\(list.parameters.threshold)")
    }
    var result = sum
    let summed = agreement.updates.map(\.site)
    for site in summed {
      let seed = try recover(site) { SHA256.digest($0) == seedHashes[site] }
      var stream = MaskStream.own(seed: seed, subject)
      stream.mask(&result, subtracting: true)
    }
    for site in agreement.sharers where !summed.contains(site) {
      let index = try list.index(of: site)
      let publicKey = list.entries[index].maskingKeys[agreement.round - 1]
      let pair = KeyPair(
        privateKey: try recover(site) { KeyPair(privateKey: $0).publicKey == publicKey })
      for other in summed {
        let place = try list.index(of: other)
        var stream = try MaskStream.between(
          pair, index, place, list: list, round: agreement.round, subject)
        // The summed site added the mask if it comes first; this takes it away again.
        stream.mask(&result, subtracting: place < index)
      }
    }
    return result
  }

  /// The secret of a site, from the first t shares; if they are wrong and there are more, without
  /// one of them.
  /// - Throws: `badData` if no such t shares give a valid secret.
  private func recover(
    _ site: String, _ isValid: ([UInt8]) -> Bool
  ) throws(FedMedError) -> [UInt8] {
    let (all, count) = (shares[site] ?? [], list.parameters.threshold)
    let secret = try SecretSharing.recover(Array(all.prefix(count)))
    if isValid(secret) { return secret }
    for left in all.indices.prefix(all.count > count ? count : 0) {
      var others = all
      others.remove(at: left)
      let secret = try SecretSharing.recover(Array(others.prefix(count)))
      if isValid(secret) { return secret }
    }
    throw FedMedError(
      .badData,
      "the shares of site '\(printable(site))' do not fit its key: a site sent a wrong share")
  }
}
