import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

/// A round at a site: a pure function of the global model, the site's features and its state.
///
/// The same inputs give the same update and the same new state. If the state already holds this
/// round, training restarts from the arrays before it, so that a round can be interrupted at any
/// point and repeated.
public struct SiteRound: Sendable {
  /// The round r, the one after that of the model.
  public let round: Int
  /// The site.
  public let site: String
  /// The number of training samples to publish; with noise, a noisy number.
  public let samples: Int
  /// The epochs of training, with their losses.
  public let epochs: [Trained.Epoch]
  /// The number of validation samples, and of correct predictions with the locally trained
  /// parameters; `nil` if only the server can compute a model.
  public let validation: (correct: Int, total: Int)?
  /// The new state.
  public let state: StateArchive
  /// Remarks for the site before it sends the update, one line each.
  public let remarks: [String]
  /// The arrays of the update.
  public let tensors: [Tensor]
  /// The arrays of an update of statistics with noise; otherwise empty.
  public let totals: [IntegerTensor]
  /// The noise in the update; `nil` if there is none.
  public let privacy: Manifest.Privacy?

  /// Trains.
  /// - Parameters:
  ///   - model: the global model.
  ///   - features: the site's features.
  ///   - state: the site's state; `nil` in its first round.
  ///   - stateName: the state's name in messages.
  ///   - fewest: the fewest training samples required; `nil` is the method's minimum.
  ///   - noise: how the site takes part in a run with noise; other runs ignore it.
  ///   - progress: called with the number of epochs done.
  /// - Throws: `badData` if model, features and state are inconsistent, the state is of a later
  ///   round, or the method cannot train on the samples; `refused` if there are too few samples to
  ///   send an update; `usage` if the run adds noise and `noise` is missing; `ioError` if reading
  ///   fails.
  public init(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String,
    fewest: Int? = nil, noise: SiteNoise? = nil, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) {
    let method = try model.method()
    var data = try TrainingData(
      model: model, features: features, state: state, stateName: stateName,
      round: model.round + 1)
    privacy = try data.take(noise, in: model, features)
    let (round, site, texts) = (data.round, data.site, data.texts)
    let least = fewest ?? method.fewestSamples
    guard data.training.count >= least else {
      throw FedMedError(
        .refused,
        "\(data.training.count) training samples; an update of fewer than \(least) reveals too "
          + "much about each of them", file: features.name,
        hint: "the site can choose another minimum with --min-samples")
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
    (self.round, self.site, samples) = (round, site, trained.publicCount ?? data.training.count)
    (epochs, tensors, totals) = (trained.epochs, trained.sent, trained.totals)
    self.state = StateArchive(
      latest: StateArchive.Snapshot(round: round, tensors: trained.kept), previous: start,
      best: model.model?.bestRound.flatMap { StateArchive.newest(of: held, notAfter: $0) },
      site: site, model: model)
  }

  /// Remarks about classes with few samples, because a sum over few samples reveals much about each
  /// of them.
  private static func remarks(
    _ samples: Samples, _ classes: [String], _ method: any FederatedMethod
  ) -> [String] {
    guard case .sum = method.server, (method as? any PrivateMethod)?.guarantee == nil else {
      return []
    }
    let few = classes.indices.compactMap { c in
      let count = samples.labels.count { $0 == c }
      return (1..<Report.minimumCount).contains(count) ? "'\(classes[c])' (\(count))" : nil
    }
    return few.isEmpty
      ? []
      : [
        "few training samples of \(few.joined(separator: ", ")): their sum reveals much about "
          + "each of them"
      ]
  }

  /// The private arrays from which the round starts, and all candidates for those of the best
  /// round.
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
        "the state is from a later round (\(state.latest.round)) than the model \(model.name) "
          + "(\(model.round))", file: stateName,
        hint: "use the latest global model, or start a new state")
    }
    // The round is repeated, from the same global model or from one that replaced it.
    if round == state.latest.round { return (state.previous, [state.previous, state.best]) }
    return (state.latest, [state.latest, state.previous, state.best])
  }

  /// Writes the update.
  /// - Parameters:
  ///   - model: the global model from which it was trained.
  ///   - tool: the name and version of the tool that writes it.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
  public func writeUpdate(
    model: ModelArchive, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add(tensors)
    for tensor in totals { try writer.add(tensor) }
    var payload = UpdatePayload(
      run: model.run, round: round, site: site, samples: samples, parent: model.identity)
    payload.privacy = privacy
    let manifest = Manifest(tool: tool, classes: model.manifest.classes, .update(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
