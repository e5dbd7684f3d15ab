import FMBase
import FMMethods

/// The manifest of a global model.
public struct ModelPayload: PayloadContent {
  public var run: RunPayload
  public var round: Int
  /// Of all sites in its updates; nil in round 0.
  public var samples: Int?
  /// How updates became the model; nil in round 0.
  public var aggregation: Manifest.Aggregation?
  /// The best round by validation so far.
  public var bestRound: Int?
  public var coding = Manifest.Coding()
  /// The identity of the model before it.
  public var parent: String?
  /// The updates in it, in the order of their sites' names.
  public var inputs: [Manifest.Input] = []
  /// Whether it keeps the total of its sites' statistics.
  public var keepsStatistics = false

  public init(run: RunPayload, round: Int) {
    (self.run, self.round) = (run, round)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + coding.fields + [
      ("round", .integer(round)), ("samples", samples.map { .integer($0) }),
      ("aggregation", aggregation?.json), ("bestRound", bestRound.map { .integer($0) }),
      ("parent", parent.map { .string($0) }),
      ("statistics", keepsStatistics ? .boolean(true) : nil),
      ("inputs", .array(inputs.map(\.json))),
    ]
  }

  package func validate() throws(FedMedError) {
    try run.validate()
    try coding.validate()
    try Check.round(round, "round")
    // The sum over a million sites is one that a model may have.
    try Check.value((0...(1 << 50)).contains(samples ?? 0), "samples", "out of range")
    try aggregation?.validate()
    if let bestRound { try Check.round(bestRound, "bestRound") }
    try Check.checksum(parent, "parent")
    for input in inputs { try input.validate() }
  }

  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let method = try run.make(classes: classes)
    let rules = MemberRule.rules(method.shared, [try coding.elementType(for: method)])
    guard keepsStatistics else { return rules }
    guard case .sum = method.server else {
      throw FedMedError(.badData, "this method has no statistics", place: "statistics")
    }
    return rules + MemberRule.rules(method.sent, [.int64])
  }
}

extension ModelPayload: Decodable {
  private enum CodingKeys: String, CodingKey {
    case round, samples, aggregation, bestRound, parent, statistics, inputs
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    coding = try Manifest.Coding(from: decoder)
    round = try container.decode(Int.self, forKey: .round)
    samples = try container.decodeIfPresent(Int.self, forKey: .samples)
    aggregation = try container.decodeIfPresent(Manifest.Aggregation.self, forKey: .aggregation)
    bestRound = try container.decodeIfPresent(Int.self, forKey: .bestRound)
    parent = try container.decodeIfPresent(String.self, forKey: .parent)
    keepsStatistics = try container.decodeIfPresent(Bool.self, forKey: .statistics) ?? false
    inputs = try container.decode([Manifest.Input].self, forKey: .inputs)
  }
}

/// The manifest of a site's update.
public struct UpdatePayload: PayloadContent {
  public var run: RunPayload
  public var round: Int
  /// The site, or the region whose sites it is an aggregate of.
  public var site: String
  /// Training samples.
  public var samples: Int
  /// The identity of the global model that it started from.
  public var parent: String
  public var coding = Manifest.Coding()
  /// The updates that it is the exact total of, in the order of their sites' names; empty in a site's own.
  public var inputs: [Manifest.Input] = []

  public init(run: RunPayload, round: Int, site: String, samples: Int, parent: String) {
    (self.run, self.round, self.site) = (run, round, site)
    (self.samples, self.parent) = (samples, parent)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + coding.fields + [
      ("round", .integer(round)), ("site", .string(site)), ("samples", .integer(samples)),
      ("parent", .string(parent)),
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
    guard !inputs.isEmpty else { return try Check.samples(samples) }
    for input in inputs { try input.validate() }
    try Check.value(
      samples == inputs.reduce(0) { $0 + $1.samples }, "samples", "not the sum of its inputs")
    try Check.value(
      zip(inputs, inputs.dropFirst()).allSatisfy { $0.site.precedes($1.site) }, "inputs",
      "not in the order of their sites, each once")
  }

  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let method = try run.make(classes: classes)
    let type = try coding.elementType(for: method)
    guard !inputs.isEmpty else { return MemberRule.rules(method.sent, [type]) }
    guard case .sum = method.server else {
      throw FedMedError(.badData, "this method has no statistics", place: "inputs")
    }
    return MemberRule.rules(method.sent, [.int64])
  }
}

extension UpdatePayload: Decodable {
  private enum CodingKeys: String, CodingKey { case round, site, samples, parent, inputs }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    coding = try Manifest.Coding(from: decoder)
    round = try container.decode(Int.self, forKey: .round)
    inputs = try container.decodeIfPresent([Manifest.Input].self, forKey: .inputs) ?? []
    site = try container.decode(String.self, forKey: .site)
    samples = try container.decode(Int.self, forKey: .samples)
    parent = try container.decode(String.self, forKey: .parent)
  }
}
