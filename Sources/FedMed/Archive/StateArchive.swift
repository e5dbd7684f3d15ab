/// What a site keeps for itself between rounds: its classifier as it stands, as it was before its
/// last round, and as it was in the best round so far.
public struct StateArchive: Sendable {
  /// A classifier and the round after which it stood so; 0 is before the first.
  public struct Held: Sendable {
    public let round: Int
    public let classifier: LocalClassifier

    public init(round: Int, classifier: LocalClassifier) {
      self.round = round
      self.classifier = classifier
    }
  }

  public let latest: Held
  public let previous: Held
  public let best: Held?
  /// Of the last model that it was calibrated for; a round of training ends it.
  public var calibration: Manifest.Calibration?
  public let site: String
  public let classes: [String]
  public let encoder: Manifest.Encoder
  public let parameters: HyperParameters
  /// The identity of the global model that the latest round started from.
  public let parent: String

  public init(
    latest: Held, previous: Held, best: Held?, site: String, model: ModelArchive
  ) throws(FedMedError) {
    guard let encoder = model.manifest.encoder else {
      throw FedMedError(.badData, "no encoder", file: model.name, place: "manifest.json")
    }
    self.latest = latest
    self.previous = previous
    self.best = best
    self.site = site
    self.encoder = encoder
    classes = model.manifest.classes
    parameters = model.parameters
    parent = model.identity
  }

  /// Reads the state at `path`.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.state]))
  }

  init(_ reader: ArchiveReader) throws(FedMedError) {
    let manifest = reader.manifest
    guard let encoder = manifest.encoder, let parameters = manifest.parameters,
      let rounds = manifest.rounds, let site = manifest.site, let parent = manifest.parent
    else { throw reader.fault("incomplete", "manifest.json") }
    self.encoder = encoder
    self.parameters = parameters
    self.site = site
    self.parent = parent
    classes = manifest.classes
    calibration = manifest.calibration
    let tensors = try reader.tensors()
    func held(_ prefix: String, _ round: Int) throws(FedMedError) -> Held {
      let own = tensors.filter { $0.name.hasPrefix("\(prefix)mlp/") }.map {
        Tensor(
          name: String($0.name.dropFirst(prefix.count)), shape: $0.shape, values: $0.values)
      }
      do throws(FedMedError) {
        return Held(
          round: round,
          classifier: try LocalClassifier(
            dimension: encoder.dimension, hidden: parameters.hidden,
            classes: manifest.classes.count, tensors: TensorTable(own)))
      } catch {
        throw error.naming(file: reader.name)
      }
    }
    latest = try held("", rounds.latest)
    previous = try held("previous/", rounds.previous)
    best = try rounds.best.map { round throws(FedMedError) in try held("best/", round) }
  }

  /// The newest trained classifier held that is not newer than `round`.
  public func newest(notAfter round: Int) -> Held? {
    Self.newest(of: [latest, previous, best], notAfter: round)
  }

  /// T of the ensemble with the global model of that identity, where there is one.
  public func temperature(for model: String) -> Double? {
    calibration?.model == model ? calibration?.temperature : nil
  }

  static func newest(of held: [Held?], notAfter round: Int) -> Held? {
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
    guard classes == model.manifest.classes, parameters == model.parameters,
      model.manifest.encoder?.fits(encoder) == true
    else {
      throw FedMedError(
        .badData, "belongs to another run than \(model.name): other classes, encoder or parameters",
        file: name, hint: "a new run needs a new state")
    }
  }

  /// Writes the archive.
  public func write(tool: String, to descriptor: Int32, file: String) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add(latest.classifier.tensors())
    try writer.add(previous.classifier.tensors(), prefix: "previous/")
    if let best { try writer.add(best.classifier.tensors(), prefix: "best/") }
    var manifest = Manifest(kind: .state, tool: tool)
    manifest.method = Method.fedmedclip.rawValue
    manifest.round = latest.round
    manifest.site = site
    manifest.classes = classes
    manifest.encoder = encoder
    manifest.parameters = parameters
    manifest.rounds = Manifest.Rounds(
      latest: latest.round, previous: previous.round, best: best?.round)
    manifest.calibration = calibration
    manifest.parent = parent
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
