import FMBase

/// The part of a manifest specific to predictions.
public struct PredictionsPayload: PayloadContent {
  /// The model that was evaluated.
  public var scored: Manifest.Scored
  /// N, the number of samples.
  public var samples: Int
  /// The site that the samples belong to; `nil` if they name none.
  public var site: String?

  /// Creates a payload.
  public init(scored: Manifest.Scored, samples: Int, site: String?) {
    (self.scored, self.samples, self.site) = (scored, samples, site)
  }

  var fields: [(key: String, value: JSON?)] {
    scored.fields + [("samples", .integer(samples)), ("site", site.map { .string($0) })]
  }

  package func validate() throws(FedMedError) {
    try scored.validate()
    try Check.samples(samples)
    if let site { try Check.name(site, "site") }
  }

  /// The probabilities of the last predictor are required, all others optional.
  func memberRules(classes: Int) -> [MemberRule] {
    let shape = [samples, classes]
    return [
      MemberRule("samples.txt", [.text], [samples]),
      MemberRule("probabilities.npy", [.float32], shape),
    ]
      + (scored.predictors.dropLast() + ["calibrated"]).map {
        MemberRule("\($0).npy", [.float32], shape, isRequired: false)
      } + [MemberRule("labels.npy", [.int32], [samples], isRequired: false)]
  }
}

extension PredictionsPayload: Decodable {
  private enum CodingKeys: String, CodingKey { case samples, site }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    scored = try Manifest.Scored(from: decoder)
    samples = try container.decode(Int.self, forKey: .samples)
    site = try container.decodeIfPresent(String.self, forKey: .site)
  }
}

/// The part of a manifest specific to reports.
public struct ReportPayload: PayloadContent {
  /// The model that was evaluated.
  public var scored: Manifest.Scored
  /// The number of samples that were scored.
  public var samples: Int
  /// The site that the report comes from.
  public var site: String
  /// The bootstrap draws in the archive; `nil` if there are none.
  public var draws: Manifest.Draws?

  /// Creates a payload.
  public init(scored: Manifest.Scored, samples: Int, site: String, draws: Manifest.Draws? = nil) {
    (self.scored, self.samples, self.site, self.draws) = (scored, samples, site, draws)
  }

  var fields: [(key: String, value: JSON?)] {
    scored.fields + [
      ("samples", .integer(samples)), ("site", .string(site)), ("draws", draws?.json),
    ]
  }

  package func validate() throws(FedMedError) {
    try scored.validate()
    try Check.samples(samples)
    try Check.name(site, "site")
    try draws?.validate(samples: samples)
  }

  func memberRules(classes: Int) -> [MemberRule] {
    [MemberRule("metrics.json", [.json], [])]
      + (draws.map { [MemberRule("draws.npy", [.float32], $0.shape)] } ?? [])
  }
}

extension ReportPayload: Decodable {
  private enum CodingKeys: String, CodingKey { case samples, site, draws }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    scored = try Manifest.Scored(from: decoder)
    samples = try container.decode(Int.self, forKey: .samples)
    site = try container.decode(String.self, forKey: .site)
    draws = try container.decodeIfPresent(Manifest.Draws.self, forKey: .draws)
  }
}

extension Manifest {
  /// The description of the bootstrap draws in a report.
  public struct Draws: Codable, Equatable, Sendable {
    /// The number of draws.
    public var count: Int
    /// The number of units that were drawn: samples or groups.
    public var units: Int
    /// The name of the groups; `nil` if single samples were drawn.
    public var group: String?
    /// What identifies samples and draws, a checksum that includes the features.
    public var samples: String
    /// The predictors, in the order of the second axis.
    public var predictors: [String]
    /// The scores, in the order of the last axis.
    public var scores: [String]

    /// Creates a description.
    public init(
      count: Int, units: Int, group: String?, samples: String, predictors: [String],
      scores: [String]
    ) {
      (self.count, self.units, self.group, self.samples) = (count, units, group, samples)
      (self.predictors, self.scores) = (predictors, scores)
    }

    /// The most draws.
    public static let largestCount = 10_000

    /// The shape of the array: [draws, predictors, scores].
    package var shape: [Int] { [count, predictors.count, scores.count] }

    package func validate(samples total: Int) throws(FedMedError) {
      try Check.value((1...Self.largestCount).contains(count), "draws.count", "out of range")
      try Check.value((1...max(total, 1)).contains(units), "draws.units", "out of range")
      if let group { try Check.line(group, "draws.group") }
      try Check.checksum(samples, "draws.samples")
      try Check.value(
        (1...32).contains(predictors.count) && predictors.allSatisfy(Check.isWord),
        "draws.predictors", "must be a list of 1 to 32 predictor names")
      try Check.value(
        (1...32).contains(scores.count) && scores.allSatisfy(Name.isValid), "draws.scores",
        "must be a list of 1 to 32 scores")
    }

    package var json: JSON {
      .object([
        "count": .integer(count), "units": .integer(units), "group": group.map { .string($0) },
        "samples": .string(samples), "predictors": .strings(predictors),
        "scores": .strings(scores),
      ])
    }
  }
}
