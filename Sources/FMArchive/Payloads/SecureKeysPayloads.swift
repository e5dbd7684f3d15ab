import FMBase

// The payloads of secure aggregation. Each message names the run, the list of sites and, if it
// belongs to a round, the round, so that none can be used in place of another.

/// The part of a manifest specific to a site's public keys.
public struct KeysPayload: PayloadContent {
  /// The identity of the run's first model.
  public var run: String
  /// The site.
  public var site: String
  /// The number of rounds with keys.
  public var rounds: Int
  /// The key to which other sites encrypt shares, in hexadecimal.
  public var encryptionKey: String
  /// One key for each round, from which pairwise masks are derived, in hexadecimal.
  public var maskingKeys: [String]

  /// Creates a payload.
  public init(run: String, site: String, encryptionKey: String, maskingKeys: [String]) {
    (self.run, self.site, rounds) = (run, site, maskingKeys.count)
    (self.encryptionKey, self.maskingKeys) = (encryptionKey, maskingKeys)
  }

  var fields: [(key: String, value: JSON?)] {
    [
      ("run", .string(run)), ("site", .string(site)), ("keyRounds", .integer(rounds)),
      ("encryptionKey", .string(encryptionKey)), ("maskingKeys", .strings(maskingKeys)),
    ]
  }

  package func validate() throws(FedMedError) {
    try Check.checksum(run, "run")
    try Check.name(site, "site")
    try Check.keyRounds(rounds)
    try Check.value(rounds == maskingKeys.count, "maskingKeys", "not one for each round")
    for key in [encryptionKey] + maskingKeys { try Check.checksum(key, "maskingKeys") }
  }

  func memberRules(classes: Int) -> [MemberRule] { [] }
}

extension KeysPayload: Decodable {
  private enum CodingKeys: String, CodingKey {
    case run, site, encryptionKey, maskingKeys
    case rounds = "keyRounds"
  }
}

/// The part of a manifest specific to the list of sites that take part in secure aggregation.
public struct SitesPayload: PayloadContent {
  /// The identity of the run's first model.
  public var run: String
  /// The names of the sites, in the order of their bytes.
  public var sites: [String]

  /// Creates a payload.
  public init(run: String, sites: [String]) { (self.run, self.sites) = (run, sites) }

  var fields: [(key: String, value: JSON?)] {
    [("run", .string(run)), ("sites", .strings(sites))]
  }

  package func validate() throws(FedMedError) {
    try Check.checksum(run, "run")
    try Check.sites(sites, "sites")
  }

  /// The keys of each site, as it sent them, and its signature if it signed them.
  func memberRules(classes: Int) -> [MemberRule] {
    sites.indices.flatMap {
      Self.names(of: $0).map { MemberRule($0, [.file], [], isRequired: $0.hasSuffix(".tar")) }
    }
  }

  /// The names of the members with the keys of a site and their signature.
  public static func names(of index: Int) -> [String] {
    ["keys/\(index + 1).tar", "keys/\(index + 1).tar.sig"]
  }
}

/// The part of a manifest specific to sealed shares: from one site for all others, as it sends them,
/// or from all others for one site, as the server delivers them.
public struct SharesPayload: PayloadContent {
  /// The identity of the run's first model.
  public var run: String
  /// The hash of the list of sites.
  public var list: String
  /// The site that sends them, or to which they are delivered.
  public var site: String
  /// The sites at the other end, one for each row of the shares.
  public var sites: [String]
  /// The number of rounds with shares.
  public var rounds: Int

  /// Creates a payload.
  public init(run: String, list: String, site: String, sites: [String], rounds: Int) {
    (self.run, self.list, self.site) = (run, list, site)
    (self.sites, self.rounds) = (sites, rounds)
  }

  var fields: [(key: String, value: JSON?)] {
    [
      ("run", .string(run)), ("list", .string(list)), ("site", .string(site)),
      ("sites", .strings(sites)), ("keyRounds", .integer(rounds)),
    ]
  }

  package func validate() throws(FedMedError) {
    try Check.checksum(run, "run")
    try Check.checksum(list, "list")
    try Check.name(site, "site")
    try Check.sites(sites, "sites")
    try Check.keyRounds(rounds)
  }

  /// A sealed message for each site, the sender among them.
  func memberRules(classes: Int) -> [MemberRule] {
    [MemberRule("shares.npy", [.uint8], [sites.count, Self.size(rounds: rounds)])]
  }

  /// The bytes of a sealed message: a nonce of 12 bytes, two shares of 32 bytes for each round, and
  /// a tag of 16 bytes.
  public static func size(rounds: Int) -> Int { 12 + 64 * rounds + 16 }
}

extension SharesPayload: Decodable {
  private enum CodingKeys: String, CodingKey {
    case run, list, site, sites
    case rounds = "keyRounds"
  }
}

extension Check {
  /// The most rounds that a site makes keys for at once.
  static let mostKeyRounds = 10_000

  static func keyRounds(_ rounds: Int) throws(FedMedError) {
    try value((1...mostKeyRounds).contains(rounds), "keyRounds", "out of range")
  }

  /// Checks names of sites, which must be sorted and unique.
  static func sites(_ sites: [String], _ key: String) throws(FedMedError) {
    for site in sites { try name(site, key) }
    try value(!sites.isEmpty, key, "empty")
    try value(
      zip(sites, sites.dropFirst()).allSatisfy { $0.precedes($1) }, key,
      "not sorted, or a duplicate site")
  }
}
