import FMBase
import FMMethods
import FMNumerics

/// The part of a manifest specific to states.
public struct StatePayload: PayloadContent {
  /// The rounds after which the private arrays in a state were saved.
  public struct Rounds: Codable, Equatable, Sendable {
    /// The last round.
    public var latest: Int
    /// The round before the last one of this site.
    public var previous: Int
    /// The best round so far; `nil` if the site does not have its arrays.
    public var best: Int?

    /// Creates a list of rounds.
    public init(latest: Int, previous: Int, best: Int? = nil) {
      (self.latest, self.previous, self.best) = (latest, previous, best)
    }
  }

  /// The temperature fitted to a model's predictions on a site's validation samples.
  public struct Calibration: Codable, Equatable, Sendable {
    /// The identity of the global model.
    public var model: String
    /// The temperature T.
    public var temperature: Double

    /// Creates a calibration.
    public init(model: String, temperature: Double) {
      (self.model, self.temperature) = (model, temperature)
    }
  }

  /// The run: its method, hyper-parameters and encoder.
  public var run: RunPayload
  /// The site that the state belongs to.
  public var site: String
  /// The rounds after which the private arrays were saved.
  public var rounds: Rounds
  /// The calibration for a model; `nil` if there is none.
  public var calibration: Calibration?
  /// The identity of the finished model used in the private step; `nil` before that step.
  public var personalized: String?
  /// The identity of the global model from which the latest round started.
  public var parent: String

  /// Creates a payload without optional keys.
  public init(run: RunPayload, site: String, rounds: Rounds, parent: String) {
    (self.run, self.site, self.rounds, self.parent) = (run, site, rounds, parent)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + [
      ("round", .integer(rounds.latest)), ("site", .string(site)),
      (
        "rounds",
        .object([
          "latest": .integer(rounds.latest), "previous": .integer(rounds.previous),
          "best": rounds.best.map { .integer($0) },
        ])
      ),
      (
        "calibration",
        calibration.map {
          .object(["model": .string($0.model), "temperature": .number($0.temperature)])
        }
      ), ("personalized", personalized.map { .string($0) }), ("parent", .string(parent)),
    ]
  }

  package func validate() throws(FedMedError) {
    try run.validate()
    try Check.name(site, "site")
    try Check.round(rounds.latest, "rounds.latest")
    try Check.round(rounds.previous, "rounds.previous")
    if let best = rounds.best { try Check.round(best, "rounds.best") }
    if let calibration {
      try Check.checksum(calibration.model, "calibration.model")
      try Check.value(
        Predictions.temperatures.contains(calibration.temperature), "calibration.temperature",
        "out of range")
    }
    try Check.checksum(personalized, "personalized")
    try Check.checksum(parent, "parent")
  }

  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let method = try run.make(classes: classes)
    let held = (rounds.best == nil ? ["", "previous/"] : ["", "previous/", "best/"]).flatMap {
      MemberRule.rules(method.kept, [.float32], prefix: $0)
    }
    guard personalized != nil else { return held }
    guard let method = method as? any PersonalizedMethod else {
      throw FedMedError(
        .badData, "not allowed, because this method has no private step", place: "personalized")
    }
    return held + MemberRule.rules(method.personal, [.float32])
  }
}

extension StatePayload: Decodable {
  private enum CodingKeys: String, CodingKey {
    case site, rounds, calibration, personalized, parent
  }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    site = try container.decode(String.self, forKey: .site)
    rounds = try container.decode(Rounds.self, forKey: .rounds)
    calibration = try container.decodeIfPresent(Calibration.self, forKey: .calibration)
    personalized = try container.decodeIfPresent(String.self, forKey: .personalized)
    parent = try container.decode(String.self, forKey: .parent)
  }
}

/// The part of a manifest specific to the state of the server's optimizer.
public struct ServerPayload: PayloadContent {
  /// The run: its method, hyper-parameters and encoder.
  public var run: RunPayload
  /// The round whose model was made with it.
  public var round: Int
  /// How the updates were aggregated; it names an optimizer.
  public var aggregation: Manifest.Aggregation
  /// The identity of the global model from which the round started.
  public var parent: String
  /// The updates of the round, in the order of their site names.
  public var inputs: [Manifest.Input]

  /// Creates a payload.
  public init(
    run: RunPayload, round: Int, aggregation: Manifest.Aggregation, parent: String,
    inputs: [Manifest.Input]
  ) {
    (self.run, self.round, self.aggregation) = (run, round, aggregation)
    (self.parent, self.inputs) = (parent, inputs)
  }

  var fields: [(key: String, value: JSON?)] {
    run.fields + [
      ("round", .integer(round)), ("aggregation", aggregation.json), ("parent", .string(parent)),
      ("inputs", .array(inputs.map(\.json))),
    ]
  }

  package func validate() throws(FedMedError) {
    try run.validate()
    try Check.round(round, "round")
    try aggregation.validate()
    try Check.value(aggregation.optimizer != nil, "aggregation.optimizer", "missing")
    try Check.checksum(parent, "parent")
    for input in inputs { try input.validate() }
  }

  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule] {
    let layout = try run.make(classes: classes).shared
    return ["first/", "second/"].flatMap {
      MemberRule.rules(layout, [.float32], prefix: $0)
    }
  }
}

extension ServerPayload: Decodable {
  private enum CodingKeys: String, CodingKey { case round, aggregation, parent, inputs }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try RunPayload(from: decoder)
    round = try container.decode(Int.self, forKey: .round)
    aggregation = try container.decode(Manifest.Aggregation.self, forKey: .aggregation)
    parent = try container.decode(String.self, forKey: .parent)
    inputs = try container.decode([Manifest.Input].self, forKey: .inputs)
  }
}
