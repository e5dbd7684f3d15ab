import FMBase
import FMMethods

/// The content of `manifest.json`, the first member of every archive: what the archive is and what
/// it contains. `fm-archive(5)` documents every key.
public struct Manifest: Equatable, Sendable {
  /// The kind of an archive.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Features of samples.
    case features
    /// A global model.
    case model
    /// A site's update, or the sum of several sites' updates.
    case update
    /// A site's private state.
    case state
    /// Predictions on samples.
    case predictions
    /// A site's report of scores.
    case report
    /// The state of the server's optimizer.
    case server
    /// A site's public keys for secure aggregation.
    case keys
    /// The list of sites of a run with secure aggregation, with their keys.
    case sites
    /// A site's sealed shares for all others.
    case shares
    /// The sealed shares of all others for one site.
    case delivery
    /// A site's masked update.
    case masked
    /// The masked updates that are summed in a round.
    case agreement
    /// An agreement with the signatures of sites.
    case confirmation
    /// The shares that a site reveals to unmask a sum.
    case revealed
  }

  /// A member of the archive.
  public struct Member: Codable, Equatable, Sendable {
    /// The member's file name.
    public var name: String
    /// The type of its elements.
    public var dtype: ElementType
    /// The extent of each dimension; for text, the number of lines.
    public var shape: [Int]
    /// The size in bytes, including the header of a `.npy` array.
    public var bytes: Int
    /// The SHA-256 of its bytes, in hexadecimal.
    public var sha256: String
  }

  /// The value of the key `format`.
  public static let formatName = "fedmed-archive"
  /// The version of the format that is written; readers accept it and all earlier ones.
  public static let formatVersion = 2

  /// The name and version of the tool that wrote the archive.
  public var tool: String
  /// The class names [C].
  public var classes: [String]
  /// The keys that depend on the kind.
  public var payload: Payload
  /// The members, in the order in which they are stored.
  public var members: [Member] = []

  /// Creates a manifest without members.
  public init(tool: String, classes: [String], _ payload: Payload) {
    (self.tool, self.classes, self.payload) = (tool, classes, payload)
  }

  /// The kind of the archive.
  public var kind: Kind { payload.kind }
}

/// The part of a manifest that depends on the archive's kind. Each kind allows only its own keys,
/// so that nothing else can leave a site.
public enum Payload: Equatable, Sendable {
  /// Features of samples.
  case features(FeaturesPayload)
  /// A global model.
  case model(ModelPayload)
  /// A site's update, or the sum of several sites' updates.
  case update(UpdatePayload)
  /// A site's private state.
  case state(StatePayload)
  /// The state of the server's optimizer.
  case server(ServerPayload)
  /// Predictions on samples.
  case predictions(PredictionsPayload)
  /// A site's report of scores.
  case report(ReportPayload)
  /// A site's public keys for secure aggregation.
  case keys(KeysPayload)
  /// The list of sites of a run with secure aggregation, with their keys.
  case sites(SitesPayload)
  /// A site's sealed shares for all others.
  case shares(SharesPayload)
  /// The sealed shares of all others for one site.
  case delivery(SharesPayload)
  /// A site's masked update.
  case masked(MaskedPayload)
  /// The masked updates that are summed in a round.
  case agreement(AgreementPayload)
  /// An agreement with the signatures of sites.
  case confirmation(ConfirmationPayload)
  /// The shares that a site reveals to unmask a sum.
  case revealed(RevealedPayload)

  /// The kind of archive that the payload belongs to.
  public var kind: Manifest.Kind {
    switch self {
    case .features: .features
    case .model: .model
    case .update: .update
    case .state: .state
    case .server: .server
    case .predictions: .predictions
    case .report: .report
    case .keys: .keys
    case .sites: .sites
    case .shares: .shares
    case .delivery: .delivery
    case .masked: .masked
    case .agreement: .agreement
    case .confirmation: .confirmation
    case .revealed: .revealed
    }
  }

  /// The content, of any kind.
  var content: any PayloadContent {
    switch self {
    case .features(let content): content
    case .model(let content): content
    case .update(let content): content
    case .state(let content): content
    case .server(let content): content
    case .predictions(let content): content
    case .report(let content): content
    case .keys(let content): content
    case .sites(let content): content
    case .shares(let content): content
    case .delivery(let content): content
    case .masked(let content): content
    case .agreement(let content): content
    case .confirmation(let content): content
    case .revealed(let content): content
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
    case .keys: self = .keys(try KeysPayload(from: decoder))
    case .sites: self = .sites(try SitesPayload(from: decoder))
    case .shares: self = .shares(try SharesPayload(from: decoder))
    case .delivery: self = .delivery(try SharesPayload(from: decoder))
    case .masked: self = .masked(try MaskedPayload(from: decoder))
    case .agreement: self = .agreement(try AgreementPayload(from: decoder))
    case .confirmation: self = .confirmation(try ConfirmationPayload(from: decoder))
    case .revealed: self = .revealed(try RevealedPayload(from: decoder))
    }
  }
}

/// The requirements on every payload.
protocol PayloadContent: Decodable, Equatable, Sendable {
  /// Its keys and values, in any order (`Manifest.keys` sorts them); `nil` omits a key.
  var fields: [(key: String, value: JSON?)] { get }
  /// The members that the archive has, with their types and shapes.
  /// - Throws: `badData` if a value names something unknown, such as a method.
  func memberRules(classes: Int) throws(FedMedError) -> [MemberRule]
  /// Checks the values.
  /// - Throws: `badData` with the key if a value is invalid.
  func validate() throws(FedMedError)
}

/// Properties for listings of archives of any kind.
extension Manifest {
  /// The round; `nil` for features.
  public var round: Int? {
    switch payload {
    case .features, .keys, .sites, .shares, .delivery: nil
    case .masked(let masked): masked.round
    case .agreement(let agreement): agreement.round
    case .confirmation(let confirmation): confirmation.round
    case .revealed(let revealed): revealed.round
    case .model(let model): model.round
    case .update(let update): update.round
    case .state(let state): state.rounds.latest
    case .server(let server): server.round
    case .predictions(let predictions): predictions.scored.round
    case .report(let report): report.scored.round
    }
  }

  /// The number of samples; `nil` if the kind has none.
  public var samples: Int? {
    switch payload {
    case .features(let features): features.samples
    case .model(let model): model.samples
    case .update(let update): update.samples
    case .state, .server, .keys, .sites, .shares, .delivery, .masked, .agreement, .confirmation,
      .revealed:
      nil
    case .predictions(let predictions): predictions.samples
    case .report(let report): report.samples
    }
  }

  /// The variance of the noise in an update or a model, as a multiple of that of one site; 0
  /// without noise.
  public var noise: Double {
    switch payload {
    case .model(let model): model.privacy?.noise ?? 0
    case .update(let update): update.privacy?.noise ?? 0
    case .masked(let masked): masked.privacy?.noise ?? 0
    default: 0
    }
  }

  /// The site that the archive belongs to; `nil` for models and the server's state.
  public var site: String? {
    switch payload {
    case .features(let features): features.site
    case .update(let update): update.site
    case .state(let state): state.site
    case .predictions(let predictions): predictions.site
    case .report(let report): report.site
    case .keys(let keys): keys.site
    case .shares(let shares), .delivery(let shares): shares.site
    case .masked(let masked): masked.site
    case .revealed(let revealed): revealed.site
    case .model, .server, .sites, .agreement, .confirmation: nil
    }
  }
}
