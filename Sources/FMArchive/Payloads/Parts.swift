import FMBase
import FMMethods

/// Values shared by the manifests of several kinds.
extension Manifest {
  /// The frozen encoder that the features come from.
  public struct Encoder: Codable, Equatable, Sendable {
    /// The encoder's name.
    public var name: String
    /// D, the number of features.
    public var dimension: Int
    /// The logit scale τ.
    public var logitScale: Double
    /// The SHA-256 of the checkpoint; `nil` if unknown.
    public var sha256: String?
    /// The SHA-256 of everything besides weights and images that determines the features: the
    /// encoder's configuration and the preprocessing of images. `nil` if unknown.
    public var settings: String?
    /// How features were made of the encoder's tokens, such as `cls`; `nil` if unknown.
    public var pool: String?
    /// The layer whose tokens were used, from 1; `nil` is the last one.
    public var layer: Int?
    /// The precision of the encoder's products, such as `float32`; `nil` if unknown. A run whose
    /// features may differ in it has `anyPrecision`.
    public var precision: String?
    /// The SHA-256 of the class text features (`text.npy`), which must be the same at every site.
    /// `nil` if unknown.
    public var text: String?

    /// Creates a description of an encoder.
    public init(
      name: String, dimension: Int, logitScale: Double, sha256: String? = nil,
      settings: String? = nil, pool: String? = nil, layer: Int? = nil, precision: String? = nil,
      text: String? = nil
    ) {
      self.name = name
      self.dimension = dimension
      self.logitScale = logitScale
      self.sha256 = sha256
      self.settings = settings
      (self.pool, self.layer, self.precision) = (pool, layer, precision)
      self.text = text
    }

    /// The precision of a run whose sites use different ones.
    public static let anyPrecision = "any"

    package func validate() throws(FedMedError) {
      try Check.line(name, "encoder.name")
      try Check.value(
        (1...Manifest.largestDimension).contains(dimension), "encoder.dimension",
        "must be between 1 and \(Manifest.largestDimension)")
      try Check.value(
        logitScale > 0 && logitScale <= 300, "encoder.logitScale",
        "must be above 0 and at most 300")
      try Check.checksum(sha256, "encoder.sha256")
      try Check.checksum(settings, "encoder.settings")
      for (key, word) in [("pool", pool), ("precision", precision)] {
        let plain = word.map { $0.replacing("+", with: "-") }
        try Check.value(
          plain.map(Check.isWord) ?? true, "encoder.\(key)",
          "invalid name '\(printable(word ?? ""))'")
      }
      try Check.value(
        layer.map { (1...16_384).contains($0) } ?? true, "encoder.layer",
        "must be between 1 and 16384")
      try Check.checksum(text, "encoder.text")
    }

    /// The description as a JSON object.
    public var json: JSON {
      .object([
        "name": .string(name), "dimension": .integer(dimension), "logitScale": .number(logitScale),
        "sha256": sha256.map { .string($0) }, "settings": settings.map { .string($0) },
        "pool": pool.map { .string($0) }, "layer": layer.map { .integer($0) },
        "precision": precision.map { .string($0) }, "text": text.map { .string($0) },
      ])
    }
  }

  /// An update from which an archive was made.
  public struct Input: Codable, Equatable, Sendable {
    /// The site that sent it.
    public var site: String
    /// The number of training samples; `nil` if the site keeps it secret.
    public var samples: Int?
    /// The noise in the update; `nil` if there is none.
    public var privacy: Privacy?
    /// The identity of the update's archive.
    public var identity: String

    /// Creates a reference to an update.
    public init(site: String, samples: Int?, identity: String, privacy: Privacy? = nil) {
      self.site = site
      self.samples = samples
      self.identity = identity
      self.privacy = privacy
    }

    package func validate() throws(FedMedError) {
      try Check.name(site, "inputs.site")
      if let samples { try Check.samples(samples) }
      try privacy?.validate()
      try Check.checksum(identity, "inputs.identity")
    }

    package var json: JSON {
      .object([
        "site": .string(site), "samples": samples.map { .integer($0) }, "privacy": privacy?.json,
        "identity": .string(identity),
      ])
    }
  }

  /// How updates were aggregated to a model.
  public struct Aggregation: Codable, Equatable, Sendable {
    /// The name of the aggregation rule.
    public var rule: String
    /// The weighting of the updates: `uniform` or `samples`.
    public var weights: String
    /// The name of the server's optimizer; `nil` if none was used.
    public var optimizer: String?
    /// Whether the server saw only the masked updates and their sum; `nil` if it saw each update.
    public var secure: Bool?

    /// Creates a description of an aggregation.
    public init(
      rule: String, weights: String, optimizer: String? = nil, secure: Bool? = nil
    ) {
      (self.rule, self.weights) = (rule, weights)
      (self.optimizer, self.secure) = (optimizer, secure)
    }

    package func validate() throws(FedMedError) {
      for name in [rule, weights, optimizer ?? "-"] {
        try Check.value(
          Check.isWord(name), "aggregation", "invalid name '\(printable(name))'")
      }
    }

    package var json: JSON {
      .object([
        "rule": .string(rule), "weights": .string(weights),
        "optimizer": optimizer.map { .string($0) }, "secure": secure.map { .boolean($0) },
      ])
    }
  }

  /// The encoding of an archive's numbers.
  public struct Coding: Codable, Equatable, Sendable {
    /// The codec; `nil` is single precision.
    public var codec: String?
    /// The identity of the archive before lossy encoding; `nil` if it was not encoded.
    public var encodedFrom: String?

    /// Creates a coding; without arguments, single precision.
    public init(codec: String? = nil, encodedFrom: String? = nil) {
      (self.codec, self.encodedFrom) = (codec, encodedFrom)
    }

    package func validate() throws(FedMedError) {
      try Check.checksum(encodedFrom, "encodedFrom")
    }

    /// The element type of the stored arrays.
    /// - Throws: `badData` if the codec is unknown.
    package func elementType() throws(FedMedError) -> ElementType {
      guard let codec else { return .float32 }
      return try Codecs.named(codec).elementType
    }

    /// The element type of the stored arrays of `method`.
    /// - Throws: `badData` if the codec is unknown, or is lossy while the method requires exact
    ///   numbers.
    func elementType(for method: any FederatedMethod) throws(FedMedError) -> ElementType {
      let type = try elementType()
      guard let codec, method.isExact, type != .float32 else { return type }
      throw FedMedError(
        .badData, "\(codec) is lossy, this method requires exact numbers", place: "codec")
    }

    var fields: [(key: String, value: JSON?)] {
      [("codec", codec.map { .string($0) }), ("encodedFrom", encodedFrom.map { .string($0) })]
    }
  }

  /// The model that predictions or a report refer to.
  public struct Scored: Equatable, Sendable {
    /// The name of the method.
    public var method: String
    /// The round of the model.
    public var round: Int
    /// The names of the predictors; the method predicts with the last one.
    public var predictors: [String]
    /// The ε that was spent on the model's training; `nil` without differential privacy.
    public var epsilon: Double?
    /// The identity of the model's archive.
    public var parent: String

    /// Creates a reference to a model.
    public init(
      method: String, round: Int, predictors: [String], epsilon: Double? = nil, parent: String
    ) {
      (self.method, self.round, self.epsilon) = (method, round, epsilon)
      (self.predictors, self.parent) = (predictors, parent)
    }

    package func validate() throws(FedMedError) {
      _ = try Methods.named(method)
      try Check.round(round, "round")
      try Check.value(
        (1...16).contains(predictors.count) && Set(predictors).count == predictors.count
          && predictors.allSatisfy { Check.isWord($0) && !Self.reserved.contains($0) },
        "predictors", "must be a list of 1 to 16 unique predictor names")
      try Check.value((0...0x1p60).contains(epsilon ?? 0), "epsilon", "out of range")
      try Check.checksum(parent, "parent")
    }

    /// Names of other members and keys, which predictors must not have.
    private static let reserved: Set<String> = [
      "probabilities", "labels", "samples", "calibrated", "split", "total",
    ]

    var fields: [(key: String, value: JSON?)] {
      [
        ("method", .string(method)), ("round", .integer(round)),
        ("predictors", .strings(predictors)), ("epsilon", epsilon.map { .number($0) }),
        ("parent", .string(parent)),
      ]
    }
  }
}

extension Manifest.Scored: Decodable {
  private enum CodingKeys: String, CodingKey {
    case version, method, round, predictors, epsilon, parent
  }

  /// Decodes the reference without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    method = try container.decode(String.self, forKey: .method)
    round = try container.decode(Int.self, forKey: .round)
    epsilon = try container.decodeIfPresent(Double.self, forKey: .epsilon)
    parent = try container.decode(String.self, forKey: .parent)
    predictors =
      try container.decode(Int.self, forKey: .version) == 1
      ? Version1.predictors : container.decode([String].self, forKey: .predictors)
  }
}
