import FMBase

/// The secrets of one site in a run. They are drawn once and stay at the site; repeating a step uses
/// them again, so it gives the same bytes.
package struct SiteSecrets: Equatable, Sendable {
  /// The secrets of one round.
  package struct Round: Equatable, Sendable {
    /// The key pair from which pairwise masks are derived.
    package let masking: KeyPair
    /// b, the seed of the site's own mask [32].
    package let seed: [UInt8]

    package init(masking: KeyPair, seed: [UInt8]) {
      (self.masking, self.seed) = (masking, seed)
    }
  }

  package let site: String
  /// The key pair to which other sites encrypt their shares.
  package let encryption: KeyPair
  package let rounds: [Round]

  package init(site: String, encryption: KeyPair, rounds: [Round]) {
    (self.site, self.encryption, self.rounds) = (site, encryption, rounds)
  }

  /// Draws the secrets for a number of rounds.
  /// - Throws: `ioError` if there are no random bytes.
  package init(
    site: String, rounds count: Int, from random: inout some RandomSource
  ) throws(FedMedError) {
    self.site = site
    encryption = try KeyPair(from: &random)
    var rounds: [Round] = []
    for _ in 0..<count {
      rounds.append(
        Round(masking: try KeyPair(from: &random), seed: try random.bytes(KeyPair.size)))
    }
    self.rounds = rounds
  }

  /// The public keys.
  package var entry: SiteList.Entry {
    SiteList.Entry(
      site: site, encryptionKey: encryption.publicKey,
      maskingKeys: rounds.map(\.masking.publicKey))
  }

  /// The place of this site in `list`.
  /// - Throws: `refused` if the list has other keys for the site: a forged list.
  package func index(in list: SiteList) throws(FedMedError) -> Int {
    let index = try list.index(of: site)
    guard list.entries[index] == entry else {
      throw FedMedError(.refused, "the list of sites has forged keys of site '\(printable(site))'")
    }
    return index
  }
}
