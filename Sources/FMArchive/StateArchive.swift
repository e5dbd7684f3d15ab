import FMBase
import FMMethods
import FMNumerics

/// A site's private state between rounds: its private arrays after its last round, before that
/// round, and after the best round so far.
public struct StateArchive: Sendable {
  /// Private arrays and the round after which they were saved; round 0 is before training.
  public struct Snapshot: Sendable {
    /// The round after which the arrays were saved.
    public let round: Int
    /// The private arrays, in the order of the method's `kept` layout.
    public let tensors: [Tensor]

    /// Creates a snapshot.
    public init(round: Int, tensors: [Tensor]) {
      (self.round, self.tensors) = (round, tensors)
    }
  }

  /// The arrays after the last round.
  public let latest: Snapshot
  /// The arrays before the last round.
  public let previous: Snapshot
  /// The arrays after the best round so far; `nil` if the site does not have them.
  public let best: Snapshot?
  /// The class names [C].
  public let classes: [String]
  /// The arrays of the private step with the finished model; empty before that step.
  public private(set) var personal: [Tensor] = []
  private var payload: StatePayload

  /// The site that the state belongs to.
  public var site: String { payload.site }
  /// The identity of the global model from which the latest round started.
  public var parent: String { payload.parent }
  /// The calibration for the last model it was fitted to; `nil` if there is none. A round of
  /// training removes it.
  public var calibration: StatePayload.Calibration? {
    get { payload.calibration }
    set { payload.calibration = newValue }
  }

  /// Creates a state.
  /// - Parameter parent: the identity of the model from which the latest round started; `nil` uses
  ///   that of `model`.
  public init(
    latest: Snapshot, previous: Snapshot, best: Snapshot?, site: String, model: ModelArchive,
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

  /// Stores the arrays of the private step with the finished `model`.
  package mutating func personalize(_ tensors: [Tensor], for model: ModelArchive) {
    (personal, payload.personalized, payload.run) = (tensors, model.identity, model.run)
  }

  /// The arrays of the private step with the global model of that identity; `nil` if there are
  /// none.
  public func personal(for model: String) -> [Tensor]? {
    payload.personalized == model ? personal : nil
  }

  /// Reads the state at `path`.
  /// - Throws: `noInput` if the file cannot be opened, `badData` if it is malformed or not a state,
  ///   `ioError` if reading fails.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.state]))
  }

  package init(_ reader: ArchiveReader) throws(FedMedError) {
    guard case .state(let payload) = reader.manifest.payload else {
      throw reader.fault("not a state", "manifest.json")
    }
    self.payload = payload
    classes = reader.manifest.classes
    let tensors = try reader.tensors()
    func held(_ prefix: String, _ round: Int) throws(FedMedError) -> Snapshot {
      do throws(FedMedError) {
        let layout = try payload.run.make(classes: reader.manifest.classes.count).kept
        return Snapshot(
          round: round, tensors: try layout.select(from: tensors.named(under: prefix)))
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

  /// The latest snapshot from rounds 1 to `round`; `nil` if there is none.
  public func newest(notAfter round: Int) -> Snapshot? {
    Self.newest(of: [latest, previous, best], notAfter: round)
  }

  /// The temperature for predictions of the global model of that identity; `nil` if there is none.
  public func temperature(for model: String) -> Double? {
    calibration?.model == model ? calibration?.temperature : nil
  }

  /// The latest of `held` from rounds 1 to `round`; `nil` if there is none.
  package static func newest(of held: [Snapshot?], notAfter round: Int) -> Snapshot? {
    guard round > 0 else { return nil }
    return held.compactMap { $0 }.filter { (1...round).contains($0.round) }.max {
      $0.round < $1.round
    }
  }

  /// Checks that the state belongs to the site and to the run of `model`.
  /// - Parameters:
  ///   - model: the global model.
  ///   - site: the site of the features; `nil` if they name none, as new samples may.
  ///   - name: the state's name in messages.
  /// - Throws: `badData` if the state belongs to another site, or to another run than the model.
  public func requireFit(
    _ model: ModelArchive, site: String?, name: String
  ) throws(FedMedError) {
    if let site, site != self.site {
      throw FedMedError(
        .badData, "the state belongs to site '\(self.site)', the features to site '\(site)'",
        file: name)
    }
    guard classes == model.manifest.classes, try payload.run.hasSameTraining(as: model.run) else {
      throw FedMedError(
        .badData,
        "belongs to another run than \(model.name): other classes, encoder, method or parameters",
        file: name, hint: "start a new run with a new state")
    }
  }

  /// Writes the archive to an open file or pipe.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
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
