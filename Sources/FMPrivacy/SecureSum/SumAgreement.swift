import FMBase

/// The set of sites whose updates are summed in a round. Every site signs the first one that it is
/// shown, and no other one for this round ever; sites reveal shares only for a set that the
/// threshold of sites has signed.
package struct SumAgreement: Equatable, Sendable {
  package let round: Int
  /// A, the names of the sites that sent shares, in the order of the list.
  package let sharers: [String]
  /// U, the names of the sites whose masked updates the server has, with the identities of these
  /// archives, in the order of the list.
  package let updates: [(site: String, identity: String)]
  private let list: SiteList

  /// - Throws: `badData` unless U ⊆ A, both without repetition, and |U| is at least the threshold.
  package init(
    list: SiteList, round: Int, sharers: [String], updates: [String: String]
  ) throws(FedMedError) {
    let places = try list.places(of: sharers)
    let summed = try list.places(of: Array(updates.keys))
    guard Set(summed).isSubset(of: places) else {
      throw FedMedError(.badData, "a masked update of a site that sent no shares")
    }
    guard summed.count >= list.parameters.threshold else {
      throw FedMedError(
        .tryAgain,
        "\(summed.count) masked updates, the threshold is \(list.parameters.threshold)")
    }
    (self.list, self.round) = (list, round)
    self.sharers = places.map { list.entries[$0].site }
    self.updates = summed.map {
      (list.entries[$0].site, updates[list.entries[$0].site] ?? "")
    }
  }

  /// What the agreement states, as text; equal agreements have equal texts.
  package var text: String {
    Statement.text(
      "sum",
      [
        ("run", .string(list.run)), ("list", Statement.hexadecimal(list.hash)),
        ("round", .integer(round)), ("sharers", .array(sharers.map { .string($0) })),
        (
          "updates",
          .array(
            updates.map {
              .object([
                .init(key: "site", value: .string($0.site)),
                .init(key: "identity", value: .string($0.identity)),
              ])
            })
        ),
      ])
  }

  package static func == (a: SumAgreement, b: SumAgreement) -> Bool { a.text == b.text }

  /// The shares that a site reveals: of the seed for each site in U, of the masking key for each
  /// other site in A, never both for one site.
  /// - Parameters:
  ///   - signers: the sites with valid signatures of ``text``; the caller has verified them.
  ///   - shares: what the site received, by the sender's name: the shares of this round.
  /// - Throws: `refused` if too few sites have signed; `badData` if a share is missing.
  package func reveal(
    signers: Set<String>, shares: [String: ShareMessage.Round]
  ) throws(FedMedError) -> [String: [UInt8]] {
    let valid = signers.intersection(sharers)
    guard valid.count >= list.parameters.threshold else {
      throw FedMedError(
        .refused,
        "\(valid.count) sites have signed the set of updates, the threshold is "
          + "\(list.parameters.threshold)")
    }
    var revealed: [String: [UInt8]] = [:]
    let summed = Set(updates.map(\.site))
    for site in sharers {
      guard let share = shares[site] else {
        throw FedMedError(.badData, "no share of site '\(printable(site))'")
      }
      revealed[site] = summed.contains(site) ? share.seed : share.maskingKey
    }
    return revealed
  }
}
