import FMBase
import FMMethods
import FMNumerics

/// The part of a manifest specific to a masked update.
public struct MaskedPayload: PayloadContent {
  /// The run: its method, hyper-parameters and encoder.
  public var run: RunPayload
  /// The round.
  public var round: Int
  /// The site.
  public var site: String
  /// The identity of the global model from which training started.
  public var parent: String
  /// The hash of the list of sites.
  public var list: String
  /// A, the sites that sent shares.
  public var sites: [String]
  /// The SHA-256 of the seed of the site's own mask, in hexadecimal.
  public var seedHash: String
  /// The number of units in 1.
  public var scale: Double
  /// How updates are weighted: `uniform` or `samples`.
  public var weights: String
  /// The noise in the update; `nil` if there is none.
  public var privacy: Manifest.Privacy?

  /// Creates a payload.
  public init(
    run: RunPayload, round: Int, site: String, parent: String, list: String, sites: [String],
    seedHash: String, scale: Double, weights: String, privacy: Manifest.Privacy?
  ) {
    (self.run, self.round, self.site, self.parent) = (run, round, site, parent)
    (self.list, self.sites, self.seedHash) = (list, sites, seedHash)
    (self.scale, self.weights, self.privacy) = (scale, weights, privacy)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + [
      ("round", .integer(round)), ("site", .string(site)), ("parent", .string(parent)),
      ("list", .string(list)), ("sites", .strings(sites)), ("seedHash", .string(seedHash)),
      ("scale", .number(scale)), ("weights", .string(weights)), ("privacy", privacy?.json),
    ]
  }

  package func validate() throws(FedMedError) {
    try run.validate()
    try Check.round(round, "round")
    try Check.value(round > 0, "round", "out of range")
    try Check.name(site, "site")
    try Check.checksum(parent, "parent")
    try Check.checksum(list, "list")
    try Check.sites(sites, "sites")
    try Check.checksum(seedHash, "seedHash")
    try Check.value(
      scale >= 1 && scale <= 0x1p40 && scale.significand == 1, "scale", "not a power of two")
    try Check.value(["uniform", "samples"].contains(weights), "weights", "unknown")
    try Check.value(
      (privacy != nil) == run.hasGuarantee, "privacy",
      privacy == nil ? "missing, although the run adds noise" : "not allowed in a run without noise"
    )
    try privacy?.validate()
  }

  /// Whether integers are modulo 2⁵⁶, not 2³²: for statistics, and for sums of weighted updates.
  package func isWide(_ method: any FederatedMethod) -> Bool {
    if case .sum = method.server { return true }
    return weights == "samples"
  }

  /// The arrays of an update in masked integers, the wide ones as rows of seven bytes, and the
  /// masked number of samples if it is the update's weight.
  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let method = try run.make(classes: classes)
    guard isWide(method) else { return MemberRule.rules(method.sent, [.uint32]) }
    let arrays = method.sent + (weights == "samples" ? [TensorShape("weight", [1])] : [])
    return arrays.map {
      MemberRule("\($0.name).npy", [.uint8], $0.shape + [ElementCoding.wideBytes])
    }
  }
}

extension MaskedPayload: Decodable {
  private enum CodingKeys: String, CodingKey {
    case round, site, parent, list, sites, seedHash, scale, weights, privacy
  }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    round = try container.decode(Int.self, forKey: .round)
    site = try container.decode(String.self, forKey: .site)
    parent = try container.decode(String.self, forKey: .parent)
    list = try container.decode(String.self, forKey: .list)
    sites = try container.decode([String].self, forKey: .sites)
    seedHash = try container.decode(String.self, forKey: .seedHash)
    scale = try container.decode(Double.self, forKey: .scale)
    weights = try container.decode(String.self, forKey: .weights)
    privacy = try container.decodeIfPresent(Manifest.Privacy.self, forKey: .privacy)
  }
}

/// The part of a manifest specific to an agreement: which sites sent shares, once for a run (round
/// 0), and which masked updates are summed in a round.
public struct AgreementPayload: PayloadContent {
  /// The identity of the run's first model.
  public var run: String
  /// The hash of the list of sites.
  public var list: String
  /// The round.
  public var round: Int
  /// A, the sites that sent shares.
  public var sites: [String]
  /// U, the sites whose masked updates are summed, with the identities of these archives; empty in
  /// round 0.
  public var inputs: [Manifest.Input]

  /// Creates a payload.
  public init(run: String, list: String, round: Int, sites: [String], inputs: [Manifest.Input]) {
    (self.run, self.list, self.round) = (run, list, round)
    (self.sites, self.inputs) = (sites, inputs)
  }

  var fields: [(key: String, value: JSON?)] {
    [
      ("run", .string(run)), ("list", .string(list)), ("round", .integer(round)),
      ("sites", .strings(sites)), ("inputs", .array(inputs.map(\.json))),
    ]
  }

  package func validate() throws(FedMedError) {
    try Check.checksum(run, "run")
    try Check.checksum(list, "list")
    try Check.round(round, "round")
    try Check.sites(sites, "sites")
    if round == 0 {
      try Check.value(inputs.isEmpty, "inputs", "not allowed in round 0")
    } else {
      try Check.sites(inputs.map(\.site), "inputs")
    }
    for input in inputs {
      try input.validate()
      try Check.value(input.samples == nil && input.privacy == nil, "inputs", "not only identities")
    }
  }

  func memberRules(classes: Int) -> [MemberRule] { [] }
}

/// The part of a manifest specific to a confirmation: an agreement with the signatures of sites.
public struct ConfirmationPayload: PayloadContent {
  /// The hash of the list of sites.
  public var list: String
  /// The round.
  public var round: Int
  /// The sites that confirmed the agreement.
  public var sites: [String]

  /// Creates a payload.
  public init(list: String, round: Int, sites: [String]) {
    (self.list, self.round, self.sites) = (list, round, sites)
  }

  var fields: [(key: String, value: JSON?)] {
    [("list", .string(list)), ("round", .integer(round)), ("sites", .strings(sites))]
  }

  package func validate() throws(FedMedError) {
    try Check.checksum(list, "list")
    try Check.round(round, "round")
    try Check.sites(sites, "sites")
  }

  /// The agreement as the server published it, and the signature of each site that signed it.
  func memberRules(classes: Int) -> [MemberRule] {
    [MemberRule("agreement.tar", [.file], [])]
      + sites.indices.map { MemberRule(Self.signature(of: $0), [.file], [], isRequired: false) }
  }

  /// The name of the member with the signature of a site.
  public static func signature(of index: Int) -> String { "signatures/\(index + 1).sig" }
}

/// The part of a manifest specific to the shares that a site reveals.
public struct RevealedPayload: PayloadContent {
  /// The identity of the run's first model.
  public var run: String
  /// The hash of the list of sites.
  public var list: String
  /// The round.
  public var round: Int
  /// The site that reveals them.
  public var site: String
  /// A, the sites whose shares they are, one for each row.
  public var sites: [String]
  /// The identity of the agreement that they are revealed for.
  public var parent: String

  /// Creates a payload.
  public init(
    run: String, list: String, round: Int, site: String, sites: [String], parent: String
  ) {
    (self.run, self.list, self.round) = (run, list, round)
    (self.site, self.sites, self.parent) = (site, sites, parent)
  }

  var fields: [(key: String, value: JSON?)] {
    [
      ("run", .string(run)), ("list", .string(list)), ("round", .integer(round)),
      ("site", .string(site)), ("sites", .strings(sites)), ("parent", .string(parent)),
    ]
  }

  package func validate() throws(FedMedError) {
    try Check.checksum(run, "run")
    try Check.checksum(list, "list")
    try Check.round(round, "round")
    try Check.name(site, "site")
    try Check.sites(sites, "sites")
    try Check.checksum(parent, "parent")
  }

  func memberRules(classes: Int) -> [MemberRule] {
    [MemberRule("shares.npy", [.uint8], [sites.count, 32])]
  }
}
