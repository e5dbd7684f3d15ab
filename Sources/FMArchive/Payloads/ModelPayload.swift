import FMBase
import FMMethods

/// The part of a manifest specific to global models.
public struct ModelPayload: PayloadContent {
  /// The run: its method, hyper-parameters and encoder.
  public var run: RunPayload
  /// The round, from 0.
  public var round: Int
  /// The number of training samples over all sites in its updates; `nil` in round 0.
  public var samples: Int?
  /// How the updates were aggregated; `nil` in round 0.
  public var aggregation: Manifest.Aggregation?
  /// The best round by validation so far; `nil` if none has been validated.
  public var bestRound: Int?
  /// The noise in the model; `nil` if there is none.
  public var privacy: Manifest.Privacy?
  /// The codec of the stored arrays.
  public var coding = Manifest.Coding()
  /// The identity of the model from which the round started; `nil` in round 0.
  public var parent: String?
  /// The updates it was aggregated from, in the order of their site names.
  public var inputs: [Manifest.Input] = []
  /// Whether the archive includes the exact totals of the sites' statistics.
  public var keepsStatistics = false

  /// Creates a payload without optional keys.
  public init(run: RunPayload, round: Int) {
    (self.run, self.round) = (run, round)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + coding.fields + [
      ("round", .integer(round)), ("samples", samples.map { .integer($0) }),
      ("aggregation", aggregation?.json), ("bestRound", bestRound.map { .integer($0) }),
      ("privacy", privacy?.json), ("parent", parent.map { .string($0) }),
      ("statistics", keepsStatistics ? .boolean(true) : nil),
      ("inputs", .array(inputs.map(\.json))),
    ]
  }

  package func validate() throws(FedMedError) {
    try run.validate()
    try coding.validate()
    try Check.round(round, "round")
    // A model may combine up to a million sites.
    try Check.value((0...(1 << 50)).contains(samples ?? 0), "samples", "out of range")
    try aggregation?.validate()
    try privacy?.validate()
    if let bestRound { try Check.round(bestRound, "bestRound") }
    try Check.checksum(parent, "parent")
    for input in inputs { try input.validate() }
  }

  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let method = try run.make(classes: classes)
    let rules = MemberRule.rules(method.shared, [try coding.elementType(for: method)])
    guard keepsStatistics else { return rules }
    guard case .sum = method.server else {
      throw FedMedError(
        .badData, "not allowed, because this method sends no statistics", place: "statistics")
    }
    return rules + MemberRule.rules(method.sent, [.int64])
  }
}

extension ModelPayload: Decodable {
  private enum CodingKeys: String, CodingKey {
    case round, samples, aggregation, bestRound, privacy, parent, statistics, inputs
  }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    coding = try Manifest.Coding(from: decoder)
    round = try container.decode(Int.self, forKey: .round)
    samples = try container.decodeIfPresent(Int.self, forKey: .samples)
    aggregation = try container.decodeIfPresent(Manifest.Aggregation.self, forKey: .aggregation)
    bestRound = try container.decodeIfPresent(Int.self, forKey: .bestRound)
    privacy = try container.decodeIfPresent(Manifest.Privacy.self, forKey: .privacy)
    parent = try container.decodeIfPresent(String.self, forKey: .parent)
    keepsStatistics = try container.decodeIfPresent(Bool.self, forKey: .statistics) ?? false
    inputs = try container.decode([Manifest.Input].self, forKey: .inputs)
  }
}

/// The part of a manifest specific to updates.
public struct UpdatePayload: PayloadContent {
  /// The run: its method, hyper-parameters and encoder.
  public var run: RunPayload
  /// The round, from 0.
  public var round: Int
  /// The site, or the region whose sites' updates were summed.
  public var site: String
  /// The number of training samples; with noise, a noisy number.
  public var samples: Int
  /// The noise in the update; `nil` if there is none.
  public var privacy: Manifest.Privacy?
  /// The identity of the global model from which training started.
  public var parent: String
  /// The codec of the stored arrays.
  public var coding = Manifest.Coding()
  /// The updates in a sum, in the order of their site names; empty in a single site's update.
  public var inputs: [Manifest.Input] = []

  /// Creates the payload of a single site's update.
  public init(run: RunPayload, round: Int, site: String, samples: Int, parent: String) {
    (self.run, self.round, self.site) = (run, round, site)
    (self.samples, self.parent) = (samples, parent)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + coding.fields + [
      ("round", .integer(round)), ("site", .string(site)), ("samples", .integer(samples)),
      ("privacy", privacy?.json), ("parent", .string(parent)),
      ("inputs", inputs.isEmpty ? nil : .array(inputs.map(\.json))),
    ]
  }

  package func validate() throws(FedMedError) {
    try run.validate()
    try coding.validate()
    try Check.round(round, "round")
    try Check.name(site, "site")
    try Check.value(samples > 0, "samples", "must be at least 1")
    try Check.checksum(parent, "parent")
    try Check.value(
      (privacy != nil) == run.hasGuarantee, "privacy",
      privacy == nil ? "missing, although the run adds noise" : "not allowed in a run without noise"
    )
    try privacy?.validate()
    guard !inputs.isEmpty else { return try Check.samples(samples) }
    for input in inputs { try input.validate() }
    try Check.value(
      samples == inputs.reduce(0) { $0 + ($1.samples ?? 0) }, "samples",
      "not the sum of its inputs' samples")
    try Check.value(
      privacy == Manifest.Privacy.sum(inputs.map(\.privacy)), "privacy", "not that of its inputs")
    try Check.value(
      zip(inputs, inputs.dropFirst()).allSatisfy { $0.site.precedes($1.site) }, "inputs",
      "not sorted by site, or a duplicate site")
  }

  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let method = try run.make(classes: classes)
    let type = try coding.elementType(for: method)
    if case .sum = method.server, privacy != nil { return MemberRule.rules(method.sent, [.int64]) }
    guard !inputs.isEmpty else { return MemberRule.rules(method.sent, [type]) }
    guard case .sum = method.server else {
      throw FedMedError(
        .badData, "not allowed, because this method sends no statistics", place: "inputs")
    }
    return MemberRule.rules(method.sent, [.int64])
  }
}

extension UpdatePayload: Decodable {
  private enum CodingKeys: String, CodingKey { case round, site, samples, privacy, parent, inputs }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    coding = try Manifest.Coding(from: decoder)
    round = try container.decode(Int.self, forKey: .round)
    inputs = try container.decodeIfPresent([Manifest.Input].self, forKey: .inputs) ?? []
    site = try container.decode(String.self, forKey: .site)
    samples = try container.decode(Int.self, forKey: .samples)
    privacy = try container.decodeIfPresent(Manifest.Privacy.self, forKey: .privacy)
    parent = try container.decode(String.self, forKey: .parent)
  }
}
