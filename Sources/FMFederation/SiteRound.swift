import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

/// A site's round: a pure function of the global model, the site's features and its state.
///
/// The same inputs give the same update and the same new state. A state that already holds this
/// round is taken back to where it was before, so that a round can be cut off at any point and
/// repeated.
public struct SiteRound: Sendable {
  /// r.
  public let round: Int
  public let site: String
  /// The site's training samples.
  public let samples: Int
  public let epochs: [Trained.Epoch]
  /// Samples of the validation split, and how many of them the method with what was trained here gets
  /// right; nil where only the server makes a model.
  public let validation: (correct: Int, total: Int)?
  public let state: StateArchive
  /// What the site should know before it sends the update, a line each.
  public let remarks: [String]
  /// The arrays of the update.
  public let tensors: [Tensor]

  /// Trains.
  /// - Parameters:
  ///   - stateName: what messages call the state.
  ///   - fewest: how many training samples there must be; nil is as many as the method needs.
  ///   - progress: called with the number of epochs done.
  /// - Throws: `badData` where the parts do not fit together, the state is of a later round, or
  ///   the method cannot train on the samples that there are; `refused` where they are too few to be sent.
  public init(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String,
    fewest: Int? = nil, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) {
    let method = try model.method()
    let data = try TrainingData(
      model: model, features: features, state: state, stateName: stateName,
      round: model.round + 1)
    let (round, site, texts) = (data.round, data.site, data.texts)
    let least = fewest ?? method.fewestSamples
    guard data.training.count >= least else {
      throw FedMedError(
        .refused,
        "\(data.training.count) training samples; an update of fewer than \(least) says too much "
          + "about each of them", file: features.name,
        hint: "the site decides: --min-samples")
    }
    let (start, held) = try Self.start(
      model: model, texts: texts, site: site, state: state, stateName: stateName)
    let trained: Trained
    do throws(FedMedError) {
      trained = try method.train(
        data, shared: model.tensors, kept: start.tensors, progress: progress)
    } catch {
      throw error.naming(file: features.name)
    }

    validation = try trained.shared.map { shared throws(FedMedError) in
      let predictions = try method.predict(
        data.validation.features, texts: texts, shared: shared, kept: trained.kept)
      let predicted = Predictions.classes(predictions.final)
      return (zip(data.validation.labels, predicted).count { $0 == $1 }, data.validation.count)
    }
    remarks = Self.remarks(data.training, features.classes, method)
    (self.round, self.site, samples) = (round, site, data.training.count)
    (epochs, tensors) = (trained.epochs, trained.sent)
    self.state = StateArchive(
      latest: StateArchive.Snapshot(round: round, tensors: trained.kept), previous: start,
      best: model.model?.bestRound.flatMap { StateArchive.newest(of: held, notAfter: $0) },
      site: site, model: model)
  }

  /// A sum over few samples says much about each of them.
  private static func remarks(
    _ samples: Samples, _ classes: [String], _ method: any FederatedMethod
  ) -> [String] {
    guard case .sum = method.server else { return [] }
    let few = classes.indices.compactMap { c in
      let count = samples.labels.count { $0 == c }
      return (1..<Report.minimumCount).contains(count) ? "'\(classes[c])' (\(count))" : nil
    }
    return few.isEmpty
      ? []
      : [
        "few training samples of \(few.joined(separator: ", ")): their sum says much about each of them"
      ]
  }

  /// The private arrays that the round starts from, and all that may turn out to be the best one's.
  private static func start(
    model: ModelArchive, texts: ClassTexts, site: String, state: StateArchive?, stateName: String
  ) throws(FedMedError) -> (StateArchive.Snapshot, [StateArchive.Snapshot?]) {
    guard let state else {
      let new = try model.method().startKept(texts, site: site)
      return (StateArchive.Snapshot(round: 0, tensors: new), [])
    }
    let round = model.round + 1
    guard round >= state.latest.round else {
      throw FedMedError(
        .badData,
        "has trained round \(state.latest.round), the model \(model.name) is of round "
          + "\(model.round)", file: stateName,
        hint: "a state does not go back; take the newest global model, or in a new run a new state")
    }
    // The same round once more, from the same global model or from one that replaced it.
    if round == state.latest.round { return (state.previous, [state.previous, state.best]) }
    return (state.latest, [state.latest, state.previous, state.best])
  }

  /// Writes the update.
  public func writeUpdate(
    model: ModelArchive, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add(tensors)
    let payload = UpdatePayload(
      run: model.run, round: round, site: site, samples: samples, parent: model.identity)
    let manifest = Manifest(tool: tool, classes: model.manifest.classes, .update(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
