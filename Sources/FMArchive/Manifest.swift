import FMBase
import FMMethods

/// `manifest.json`, the first member of every archive: what the archive is and what is in it.
/// `fm-archive(5)` describes every key.
public struct Manifest: Equatable, Sendable {
  /// What an archive is for.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case features, model, update, state, predictions, report, server
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

  public static let formatName = "fedmed-archive"
  /// The version that is written; readers take all versions up to it.
  public static let formatVersion = 2

  /// Name and version of the tool that wrote it.
  public var tool: String
  public var classes: [String]
  /// What its kind says beside that.
  public var payload: Payload
  public var members: [Member] = []

  public init(tool: String, classes: [String], _ payload: Payload) {
    (self.tool, self.classes, self.payload) = (tool, classes, payload)
  }

  public var kind: Kind { payload.kind }
}

/// What a manifest says by its archive's kind, and no more: what leaves a site has no room for anything else.
public enum Payload: Equatable, Sendable {
  case features(FeaturesPayload)
  case model(ModelPayload)
  case update(UpdatePayload)
  case state(StatePayload)
  case server(ServerPayload)
  case predictions(PredictionsPayload)
  case report(ReportPayload)

  public var kind: Manifest.Kind {
    switch self {
    case .features: .features
    case .model: .model
    case .update: .update
    case .state: .state
    case .server: .server
    case .predictions: .predictions
    case .report: .report
    }
  }

  /// The content, whatever the kind.
  var content: any PayloadContent {
    switch self {
    case .features(let content): content
    case .model(let content): content
    case .update(let content): content
    case .state(let content): content
    case .server(let content): content
    case .predictions(let content): content
    case .report(let content): content
    }
  }

  init(_ kind: Manifest.Kind, from decoder: any Decoder) throws {
    switch kind {
    case .features: self = .features(try FeaturesPayload(from: decoder))
    case .model: self = .model(try ModelPayload(from: decoder))
    case .update: self = .update(try UpdatePayload(from: decoder))
    case .state: self = .state(try StatePayload(from: decoder))
    case .server: self = .server(try ServerPayload(from: decoder))
    case .predictions: self = .predictions(try PredictionsPayload(from: decoder))
    case .report: self = .report(try ReportPayload(from: decoder))
    }
  }
}

/// What every payload can do.
protocol PayloadContent: Decodable, Equatable, Sendable {
  /// Its keys and values, in any order (`Manifest.keys` has it); nil where there is none.
  var fields: [(key: String, value: JSON?)] { get }
  /// Which members there are, of which types and shapes.
  /// - Throws: `badData` for a value that names what does not exist.
  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule]
  /// Checks the values.
  /// - Throws: `badData` with the key.
  func validate() throws(FedMedError)
}

/// Of listings, where any kind may be.
extension Manifest {
  public var round: Int? {
    switch payload {
    case .features: nil
    case .model(let model): model.round
    case .update(let update): update.round
    case .state(let state): state.rounds.latest
    case .server(let server): server.round
    case .predictions(let predictions): predictions.scored.round
    case .report(let report): report.scored.round
    }
  }

  public var samples: Int? {
    switch payload {
    case .features(let features): features.samples
    case .model(let model): model.samples
    case .update(let update): update.samples
    case .state, .server: nil
    case .predictions(let predictions): predictions.samples
    case .report(let report): report.samples
    }
  }

  public var site: String? {
    switch payload {
    case .features(let features): features.site
    case .update(let update): update.site
    case .state(let state): state.site
    case .predictions(let predictions): predictions.site
    case .report(let report): report.site
    case .model, .server: nil
    }
  }
}
