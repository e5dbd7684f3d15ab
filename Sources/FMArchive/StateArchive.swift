import FMBase
import FMMethods
import FMNumerics

/// What a site keeps for itself between rounds: its private arrays as they stand, as they were before its
/// last round, and as they were in the best round so far.
public struct StateArchive: Sendable {
  /// Private arrays and the round after which they stood so; 0 is before the first.
  public struct Held: Sendable {
    public let round: Int
    public let tensors: [Tensor]

    public init(round: Int, tensors: [Tensor]) {
      (self.round, self.tensors) = (round, tensors)
    }
  }

  public let latest: Held
  public let previous: Held
  public let best: Held?
  public let classes: [String]
  /// What the site's private step made for a finished model; empty before.
  public private(set) var personal: [Tensor] = []
  private var payload: StatePayload

  public var site: String { payload.site }
  /// The identity of the global model that the latest round started from.
  public var parent: String { payload.parent }
  /// Of the last model that it was calibrated for; a round of training ends it.
  public var calibration: StatePayload.Calibration? {
    get { payload.calibration }
    set { payload.calibration = newValue }
  }

  /// - Parameter parent: the identity of the model that the latest round started from; nil is that of `model`.
  public init(
    latest: Held, previous: Held, best: Held?, site: String, model: ModelArchive,
    parent: String? = nil
  ) {
    (self.latest, self.previous, self.best) = (latest, previous, best)
    classes = model.manifest.classes
    payload = StatePayload(
      run: model.run, site: site,
      rounds: StatePayload.Rounds(
        latest: latest.round, previous: previous.round, best: best?.round),
      parent: parent ?? model.identity)
  }

  /// Takes what the private step made for a finished model.
  package mutating func personalize(_ tensors: [Tensor], for model: ModelArchive) {
    (personal, payload.personalized, payload.run) = (tensors, model.identity, model.run)
  }

  /// The arrays of the private step for the global model of that identity; nil where there are none.
  public func personal(for model: String) -> [Tensor]? {
    payload.personalized == model ? personal : nil
  }

  /// Reads the state at `path`.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.state]))
  }

  package init(_ reader: ArchiveReader) throws(FedMedError) {
    guard case .state(let payload) = reader.manifest.payload else {
      throw reader.fault("is no state", "manifest.json")
    }
    self.payload = payload
    classes = reader.manifest.classes
    let tensors = try reader.tensors()
    func held(_ prefix: String, _ round: Int) throws(FedMedError) -> Held {
      do throws(FedMedError) {
        let layout = try payload.run.make(classes: reader.manifest.classes.count).kept
        return Held(round: round, tensors: try layout.select(from: tensors.named(under: prefix)))
      } catch {
        throw error.naming(file: reader.name)
      }
    }
    latest = try held("", payload.rounds.latest)
    previous = try held("previous/", payload.rounds.previous)
    best = try payload.rounds.best.map { round throws(FedMedError) in try held("best/", round) }
    let method = try payload.run.make(classes: reader.manifest.classes.count)
    if payload.personalized != nil, let method = method as? any PersonalizedMethod {
      personal = try method.personal.select(from: tensors)
    }
  }

  /// The newest trained private arrays held that is not newer than `round`.
  public func newest(notAfter round: Int) -> Held? {
    Self.newest(of: [latest, previous, best], notAfter: round)
  }

  /// T of the predictions of the global model of that identity, where there is one.
  public func temperature(for model: String) -> Double? {
    calibration?.model == model ? calibration?.temperature : nil
  }

  package static func newest(of held: [Held?], notAfter round: Int) -> Held? {
    guard round > 0 else { return nil }
    return held.compactMap { $0 }.filter { (1...round).contains($0.round) }.max {
      $0.round < $1.round
    }
  }

  /// - Parameter site: of the features; nil where they name none, as new samples may.
  /// - Throws: `badData` where the state belongs to another site, or to another run than the model.
  public func requireFit(
    _ model: ModelArchive, site: String?, name: String
  ) throws(FedMedError) {
    if let site, site != self.site {
      throw FedMedError(
        .badData, "the state of site '\(self.site)', the features are of '\(site)'", file: name)
    }
    guard classes == model.manifest.classes, try payload.run.trainsAlike(model.run) else {
      throw FedMedError(
        .badData,
        "belongs to another run than \(model.name): other classes, encoder, method or parameters",
        file: name, hint: "a new run needs a new state")
    }
  }

  /// Writes the archive.
  public func write(tool: String, to descriptor: Int32, file: String) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add(latest.tensors)
    try writer.add(previous.tensors, prefix: "previous/")
    if let best { try writer.add(best.tensors, prefix: "best/") }
    try writer.add(personal)
    try writer.finish(
      Manifest(tool: tool, classes: classes, .state(payload)), filter: .none, to: descriptor,
      file: file)
  }
}
