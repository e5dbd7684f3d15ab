import FMBase
import FMMethods

/// Values that the manifests of several kinds share.
extension Manifest {
  /// The frozen encoder that the features come from.
  public struct Encoder: Codable, Equatable, Sendable {
    public var name: String
    /// D.
    public var dimension: Int
    /// τ.
    public var logitScale: Double
    /// The checkpoint's checksum, where it is known.
    public var sha256: String?
    /// The checksum of all that the features depend on beside weights and images, where it is known:
    /// the encoder's config, and how images become its input.
    public var settings: String?
    /// The checksum of the class texts' features (`text.npy`), where they are known: they must be
    /// the same at every site.
    public var text: String?

    public init(
      name: String, dimension: Int, logitScale: Double, sha256: String? = nil,
      settings: String? = nil, text: String? = nil
    ) {
      self.name = name
      self.dimension = dimension
      self.logitScale = logitScale
      self.sha256 = sha256
      self.settings = settings
      self.text = text
    }

    package func validate() throws(FedMedError) {
      try Check.line(name, "encoder.name")
      try Check.value(
        (1...Manifest.largestDimension).contains(dimension), "encoder.dimension",
        "must be from 1 to \(Manifest.largestDimension)")
      try Check.value(
        logitScale > 0 && logitScale <= 300, "encoder.logitScale",
        "must be above 0 and at most 300")
      try Check.checksum(sha256, "encoder.sha256")
      try Check.checksum(settings, "encoder.settings")
      try Check.checksum(text, "encoder.text")
    }

    public var json: JSON {
      .object([
        "name": .string(name), "dimension": .integer(dimension), "logitScale": .number(logitScale),
        "sha256": sha256.map { .string($0) }, "settings": settings.map { .string($0) },
        "text": text.map { .string($0) },
      ])
    }
  }

  /// An archive that this one was made from.
  public struct Input: Codable, Equatable, Sendable {
    public var site: String
    public var samples: Int
    public var identity: String

    public init(site: String, samples: Int, identity: String) {
      self.site = site
      self.samples = samples
      self.identity = identity
    }

    package func validate() throws(FedMedError) {
      try Check.name(site, "inputs.site")
      try Check.samples(samples)
      try Check.checksum(identity, "inputs.identity")
    }

    package var json: JSON {
      .object([
        "site": .string(site), "samples": .integer(samples), "identity": .string(identity),
      ])
    }
  }

  /// How updates became a model.
  public struct Aggregation: Codable, Equatable, Sendable {
    public var rule: String
    public var weights: String
    /// The server's optimiser, where there is one.
    public var optimizer: String?

    public init(rule: String, weights: String, optimizer: String? = nil) {
      self.rule = rule
      self.weights = weights
      self.optimizer = optimizer
    }

    package func validate() throws(FedMedError) {
      for name in [rule, weights, optimizer ?? "-"] {
        try Check.value(
          Check.isWord(name), "aggregation", "'\(printable(name))' is not a name")
      }
    }

    package var json: JSON {
      .object([
        "rule": .string(rule), "weights": .string(weights),
        "optimizer": optimizer.map { .string($0) },
      ])
    }
  }

  /// How numbers are written where that loses something.
  public struct Coding: Codable, Equatable, Sendable {
    /// nil is single precision.
    public var codec: String?
    /// The identity of the archive that a lossy codec was given.
    public var encodedFrom: String?

    public init(codec: String? = nil, encodedFrom: String? = nil) {
      (self.codec, self.encodedFrom) = (codec, encodedFrom)
    }

    package func validate() throws(FedMedError) {
      try Check.checksum(encodedFrom, "encodedFrom")
    }

    package func elementType() throws(FedMedError) -> ElementType {
      guard let codec else { return .float32 }
      return try Codecs.named(codec).elementType
    }

    /// - Throws: `badData` where the method's numbers must not lose anything, and do.
    func elementType(for method: any FederatedMethod) throws(FedMedError) -> ElementType {
      let type = try elementType()
      guard let codec, method.isExact, type != .float32 else { return type }
      throw FedMedError(.badData, "\(codec) loses numbers that this method needs", place: "codec")
    }

    var fields: [(key: String, value: JSON?)] {
      [("codec", codec.map { .string($0) }), ("encodedFrom", encodedFrom.map { .string($0) })]
    }
  }

  /// The model that predictions and reports are of.
  public struct Scored: Equatable, Sendable {
    public var method: String
    public var round: Int
    /// Names of the ways to predict; the last is what the method predicts with.
    public var predictors: [String]
    /// The identity of the model.
    public var parent: String

    public init(method: String, round: Int, predictors: [String], parent: String) {
      (self.method, self.round) = (method, round)
      (self.predictors, self.parent) = (predictors, parent)
    }

    package func validate() throws(FedMedError) {
      _ = try Methods.named(method)
      try Check.round(round, "round")
      try Check.value(
        (1...16).contains(predictors.count) && Set(predictors).count == predictors.count
          && predictors.allSatisfy { Check.isWord($0) && !Self.reserved.contains($0) },
        "predictors", "no list of names")
      try Check.checksum(parent, "parent")
    }

    /// What members and keys beside the predictors' are called.
    private static let reserved: Set<String> = [
      "probabilities", "labels", "samples", "calibrated", "split", "total",
    ]

    var fields: [(key: String, value: JSON?)] {
      [
        ("method", .string(method)), ("round", .integer(round)),
        ("predictors", .strings(predictors)), ("parent", .string(parent)),
      ]
    }
  }
}

extension Manifest.Scored: Decodable {
  private enum CodingKeys: String, CodingKey { case version, method, round, predictors, parent }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    method = try container.decode(String.self, forKey: .method)
    round = try container.decode(Int.self, forKey: .round)
    parent = try container.decode(String.self, forKey: .parent)
    predictors =
      try container.decode(Int.self, forKey: .version) == 1
      ? Version1.predictors : container.decode([String].self, forKey: .predictors)
  }
}
