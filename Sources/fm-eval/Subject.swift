import FMCommand
import FedMed

/// A model, and what it is evaluated with.
struct Subject {
  let model: ModelArchive
  let features: FeatureSet
  let state: StateArchive?
  let method: any FederatedMethod
  /// The site's private arrays, as they stood at the model's round.
  let kept: [Tensor]?
  let texts: ClassTexts
  /// The files that were read.
  let inputs: [String]

  /// - Throws: `badData` where the parts do not fit together.
  init(
    _ tool: some Tool, model path: String, features featurePath: String, state statePath: String?
  ) throws(FedMedError) {
    model = try ModelArchive(ArchiveReader(path: path, kinds: [.model, .update]))
    features = try FeatureSet(ArchiveReader(path: featurePath, kinds: [.features]))
    try model.requireFit(features)
    let (model, features) = (model, features)
    state = try statePath.map { path throws(FedMedError) in
      let state = try StateArchive(path: path)
      try state.requireFit(model, site: features.site, name: path)
      return state
    }
    let held = state?.newest(notAfter: model.round)
    if let held, let statePath {
      tool.sayMore("\(statePath): the private part of round \(held.round)")
    } else if let statePath {
      tool.say(
        "\(statePath): no private part as old as the model's round \(model.round); the shared part predicts alone"
      )
    }
    method = try model.method()
    kept = held?.tensors
    texts = ClassTexts(features: features.text, logitScale: features.encoder.logitScale)
    inputs = [path, featurePath] + [statePath].compactMap { $0 }
    try Parallel.start(threads: 1)
  }

  /// - Parameter features: of the samples to predict [N, D].
  func predict(_ features: Matrix) throws(FedMedError) -> Predictions {
    var result: Predictions
    do throws(FedMedError) {
      result = try method.predict(features, texts: texts, shared: model.tensors, kept: kept)
    } catch {
      throw error.naming(file: model.name)
    }
    if kept != nil, let temperature = state?.temperature(for: model.identity) {
      result.calibrated = TemperatureScaling.apply(temperature, to: result.uncalibrated)
    }
    return result
  }

  /// The samples of a split; of all where none is chosen.
  func indices(_ split: Split?) throws(FedMedError) -> [Int] {
    try split.map { split throws(FedMedError) in try features.indices(of: split) }
      ?? Array(0..<features.count)
  }

  /// - Parameter minimum: the fewest samples that a number may rest on.
  func report(
    of predictions: Predictions, _ split: Split?, _ indices: [Int], minimum: Int
  ) throws(FedMedError) -> Report {
    let labels = features.labels ?? []
    return try Report(
      split: split, predictions: predictions, labels: indices.map { labels[$0] },
      names: features.classes, minimum: minimum, file: features.name)
  }
}
