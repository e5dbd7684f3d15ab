import FMBase

/// The public keys of a run's sites, which the server publishes and every site checks before it
/// trusts them: names, one encryption key each, and one masking key each per round.
package struct SiteList: Equatable, Sendable {
  /// The public keys of one site. The site signs them; whoever adds a site to the list checks the
  /// signature first.
  package struct Entry: Equatable, Sendable {
    package let site: String
    /// The key to which other sites encrypt shares [32].
    package let encryptionKey: [UInt8]
    /// One key [32] per round, from which pairwise masks are derived.
    package let maskingKeys: [[UInt8]]

    package init(site: String, encryptionKey: [UInt8], maskingKeys: [[UInt8]]) {
      (self.site, self.encryptionKey) = (site, encryptionKey)
      self.maskingKeys = maskingKeys
    }
  }

  /// The identity of the run.
  package let run: String
  /// The sites in the order of their names' bytes. A site's share has the point index + 1.
  package let entries: [Entry]
  package let parameters: SecureParameters
  /// The SHA-256 of the list. Everything that sites encrypt, derive or sign names it, so keys or
  /// shares of another list are useless.
  package let hash: [UInt8]

  /// Makes a list from entries in any order.
  /// - Throws: `badData` if a site or key is repeated, a key has the wrong size, or sites have
  ///   masking keys for different numbers of rounds; `usage` for a number of sites without a
  ///   threshold.
  package init(run: String, entries: [Entry]) throws(FedMedError) {
    self.run = run
    self.entries = entries.sorted { $0.site.precedes($1.site) }
    parameters = try SecureParameters(sites: entries.count)
    let keys = entries.flatMap { [$0.encryptionKey] + $0.maskingKeys }
    guard keys.allSatisfy({ $0.count == KeyPair.size }) else {
      throw FedMedError(.badData, "a public key of another size than \(KeyPair.size) bytes")
    }
    guard Set(entries.map(\.site)).count == entries.count, Set(keys).count == keys.count else {
      throw FedMedError(.badData, "duplicate site or public key")
    }
    guard let rounds = entries.first?.maskingKeys.count, rounds > 0,
      entries.allSatisfy({ $0.maskingKeys.count == rounds })
    else { throw FedMedError(.badData, "masking keys for different numbers of rounds") }
    hash = SHA256.digest(
      Array(
        Statement.text(
          "sites",
          [
            ("run", .string(run)),
            (
              "sites",
              .array(
                self.entries.map { entry in
                  .object([
                    .init(key: "site", value: .string(entry.site)),
                    .init(key: "encryption", value: Statement.hexadecimal(entry.encryptionKey)),
                    .init(
                      key: "masking",
                      value: .array(entry.maskingKeys.map(Statement.hexadecimal))),
                  ])
                })
            ),
          ]
        ).utf8))
  }

  /// The number of rounds that the list has keys for.
  package var rounds: Int { entries.first?.maskingKeys.count ?? 0 }

  /// The place of a site in the list.
  /// - Throws: `badData` if it is not on the list.
  package func index(of site: String) throws(FedMedError) -> Int {
    guard let index = entries.firstIndex(where: { $0.site == site }) else {
      throw FedMedError(.badData, "site '\(printable(site))' is not on the list of sites")
    }
    return index
  }
}

/// Canonical texts: what sites hash, sign and authenticate, each beginning with its purpose, so that
/// a text for one purpose is none for another.
enum Statement {
  /// One line of JSON with sorted, fixed keys.
  static func text(_ purpose: String, _ members: [(String, JSON)]) -> String {
    JSON.object(
      [.init(key: "purpose", value: .string("fedmed-secure-\(purpose)"))]
        + members.map { .init(key: $0.0, value: $0.1) }
    ).line
  }

  static func hexadecimal(_ bytes: [UInt8]) -> JSON { .string(SHA256.hexadecimal(bytes)) }
}
