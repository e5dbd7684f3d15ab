/// `manifest.json`, the first member of every archive: what the archive is and what is in it.
/// `fm-archive(5)` describes every key.
public struct Manifest: Equatable, Sendable, Decodable {
  /// What an archive is for.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case features, model, update, state, predictions, report, server
  }

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
  }

  /// A member of the archive.
  public struct Member: Codable, Equatable, Sendable {
    public var name: String
    public var dtype: ElementType
    public var shape: [Int]
    /// Its size in the archive, a `.npy` head included.
    public var bytes: Int
    public var sha256: String
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
  }

  /// The rounds after which a state's classifiers stood as they are held.
  public struct Rounds: Codable, Equatable, Sendable {
    public var latest: Int
    public var previous: Int
    public var best: Int?

    public init(latest: Int, previous: Int, best: Int? = nil) {
      self.latest = latest
      self.previous = previous
      self.best = best
    }
  }

  /// The temperature that a site's validation samples gave the ensemble of a model, in its state.
  public struct Calibration: Codable, Equatable, Sendable {
    /// The identity of the global model.
    public var model: String
    /// What a temperature can be.
    static let temperatures = 0.05...20.0

    /// T.
    public var temperature: Double

    public init(model: String, temperature: Double) {
      self.model = model
      self.temperature = temperature
    }
  }

  public static let formatName = "fedmed-archive"
  public static let formatVersion = 1

  public var kind: Kind
  /// Name and version of the tool that wrote it.
  public var tool: String
  public var method: String?
  public var round: Int?
  public var site: String?
  /// How many samples it holds or was made from.
  public var samples: Int?
  public var classes: [String] = []
  public var encoder: Encoder?
  /// How many reference images of each class its anchor was made of, and are left out.
  public var anchors: Int?
  /// What was done to the images on purpose, to see what a model makes of it: `blur=2`.
  public var damage: String?
  public var parameters: HyperParameters?
  public var aggregation: Aggregation?
  /// The best round by validation so far, in a model.
  public var bestRound: Int?
  public var rounds: Rounds?
  public var calibration: Calibration?
  public var codec: String?
  /// The identity of the archive that a lossy codec was given.
  public var encodedFrom: String?
  /// The identity of the archive that it continues.
  public var parent: String?
  public var inputs: [Input] = []
  public var members: [Member] = []

  public init(kind: Kind, tool: String) {
    self.kind = kind
    self.tool = tool
  }

  private struct Format: Decodable {
    var format: String
    var version: Int
  }

  /// Reads and checks the text of a manifest.
  /// - Throws: `badData` with the place in the manifest.
  public init(json: [UInt8]) throws(FedMedError) {
    let place = "manifest.json"
    let format: Format = try JSON.decode(json, place: place, limits: .manifest)
    guard format.format == Self.formatName else {
      throw FedMedError(.badData, "not a \(Self.formatName)", place: place)
    }
    guard format.version == Self.formatVersion else {
      throw FedMedError(
        .badData, "version \(format.version), this tool reads \(Self.formatVersion)", place: place)
    }
    self = try JSON.decodeExactly(json, place: place, limits: .manifest) { (manifest: Manifest) in
      manifest.json
    }
    do throws(FedMedError) {
      try validate()
    } catch {
      var placed = error
      placed.place = [place, error.place].compactMap { $0 }.joined(separator: ": ")
      throw placed
    }
  }

  private enum CodingKeys: String, CodingKey {
    case kind, tool, method, round, site, samples, classes, encoder, anchors, damage,
      parameters, aggregation
    case bestRound, rounds, calibration, codec, encodedFrom, parent, inputs, members
  }
}
