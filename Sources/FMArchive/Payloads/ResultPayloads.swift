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

  /// Creates a payload.
  public init(scored: Manifest.Scored, samples: Int, site: String) {
    (self.scored, self.samples, self.site) = (scored, samples, site)
  }

  var fields: [(key: String, value: JSON?)] {
    scored.fields + [("samples", .integer(samples)), ("site", .string(site))]
  }

  package func validate() throws(FedMedError) {
    try scored.validate()
    try Check.samples(samples)
    try Check.name(site, "site")
  }

  func memberRules(classes: Int) -> [MemberRule] {
    [MemberRule("metrics.json", [.json], [])]
  }
}

extension ReportPayload: Decodable {
  private enum CodingKeys: String, CodingKey { case samples, site }

  /// Decodes the payload without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    scored = try Manifest.Scored(from: decoder)
    samples = try container.decode(Int.self, forKey: .samples)
    site = try container.decode(String.self, forKey: .site)
  }
}
