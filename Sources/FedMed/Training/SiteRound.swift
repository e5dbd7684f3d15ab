/// A site's round: a pure function of the global model, the site's features and its state.
///
/// The same inputs give the same update and the same new state. A state that already holds this
/// round is taken back to where it was before, so that a round can be cut off at any point and
/// repeated.
public struct SiteRound: Sendable {
  /// What happened in an epoch.
  public struct Epoch: Sendable {
    public let losses: LossTerms
    public let steps: Int
  }

  /// r.
  public let round: Int
  public let site: String
  /// The site's training samples.
  public let samples: Int
  public let epochs: [Epoch]
  /// Samples of the validation split, and how many of them the ensemble of the trained FAM and MLP
  /// gets right.
  public let validation: (correct: Int, total: Int)
  public let state: StateArchive
  /// The arrays of the update.
  public let tensors: [Tensor]

  /// Trains.
  /// - Parameters:
  ///   - stateName: what messages call the state.
  ///   - progress: called with the number of epochs done.
  /// - Throws: `badData` where the parts do not fit together, the state is of a later round, or
  ///   there are fewer than two training samples.
  public init(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String,
    progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) {
    guard let site = features.site else {
      throw FedMedError(
        .badData, "names no site", file: features.name,
        hint: "fm-partition --scheme whole --site NAME names it")
    }
    try model.requireFit(features)
    if let damage = features.damage {
      throw FedMedError(
        .badData, "its images were harmed (\(damage.text)): to test with, not to train",
        file: features.name)
    }
    try state?.requireFit(model, site: site, name: stateName)
    guard let labels = features.labels else {
      throw FedMedError(.badData, "has no labels to train with", file: features.name)
    }
    let train = try features.indices(of: .train)
    guard train.count > 1 else {
      throw FedMedError(
        .badData, "\(train.count) training samples, a site needs at least 2", file: features.name)
    }
    let parameters = model.parameters
    let round = model.round + 1
    let (start, held) = try Self.start(
      model: model, features: features, site: site, state: state, stateName: stateName)

    let texts = ClassTexts(features: features.text, logitScale: features.encoder.logitScale)
    var training = LocalTraining(
      fam: try model.featureAdaptation(), mlp: start.classifier, texts: texts,
      parameters: parameters, round: round)
    let matrix = try features.rows.matrix(train)
    let trainLabels = train.map { labels[$0] }
    var random = RandomStream(
      seed: parameters.seed, site: site, round: round, purpose: .shuffle)
    var epochs: [Epoch] = []
    for _ in 0..<parameters.localEpochs {
      let order = random.permutation(train.count)
      let (losses, steps) = training.epoch(features: matrix, labels: trainLabels, order: order)
      guard losses.total.isFinite else {
        throw FedMedError(
          .badData, "training diverged: the loss is \(losses.total)", file: features.name,
          hint: "a smaller learning rate may help")
      }
      epochs.append(Epoch(losses: losses, steps: steps))
      progress(epochs.count)
    }

    let validation = try features.indices(of: .validation)
    let predictions = Ensemble.predict(
      try features.rows.matrix(validation), fam: training.fam, mlp: training.mlp, texts: texts)
    let predicted = Predictions.classes(predictions.ensemble)
    let correct = zip(validation, predicted).count { labels[$0] == $1 }

    self.round = round
    self.site = site
    self.epochs = epochs
    self.validation = (correct, validation.count)
    samples = train.count
    tensors = training.fam.tensors()
    self.state = try StateArchive(
      latest: StateArchive.Held(round: round, classifier: training.mlp), previous: start,
      best: model.manifest.bestRound.flatMap { StateArchive.newest(of: held, notAfter: $0) },
      site: site, model: model)
  }

  /// The classifier that the round starts from, and all that may turn out to be the best one's.
  private static func start(
    model: ModelArchive, features: FeatureSet, site: String, state: StateArchive?,
    stateName: String
  ) throws(FedMedError) -> (StateArchive.Held, [StateArchive.Held?]) {
    guard let state else {
      var random = RandomStream(
        seed: model.parameters.seed, site: site, purpose: .localClassifier)
      let new = LocalClassifier(
        dimension: features.encoder.dimension, hidden: model.parameters.hidden,
        classes: features.classes.count, random: &random)
      let start = StateArchive.Held(round: 0, classifier: new)
      return (start, [])
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
    var manifest = Manifest(kind: .update, tool: tool)
    manifest.method = model.manifest.method
    manifest.round = round
    manifest.site = site
    manifest.samples = samples
    manifest.classes = model.manifest.classes
    manifest.encoder = model.manifest.encoder
    manifest.parameters = model.manifest.parameters
    manifest.parent = model.identity
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
