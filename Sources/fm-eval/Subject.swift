import FMCommand
import FedMed

/// A model, and what it is evaluated with.
struct Subject {
  let model: ModelArchive
  let features: FeatureSet
  let state: StateArchive?
  let method: any FederatedMethod
  /// The site's private arrays, as they stood at the model's round, or as they were fitted to it.
  let kept: [Tensor]?
  /// The classes' probabilities before an image is seen, where they were given.
  private let prior: [Double]?
  let texts: ClassTexts
  /// The files that were read.
  let inputs: [String]

  /// - Throws: `badData` where the parts do not fit together.
  init(
    _ tool: some Tool, model path: String, features featurePath: String, state statePath: String?,
    prior: [Double]? = nil
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
    method = try model.method()
    if method is any PersonalizedMethod {
      kept = state?.personal(for: model.identity)
      if let statePath, kept == nil {
        tool.say(
          "\(statePath): no private part fitted to \(model.name); the shared part predicts alone")
        tool.say("hint: fm-train-local --personalize fits one")
      }
    } else {
      let held = state?.newest(notAfter: model.round)
      if let held, let statePath {
        tool.sayMore("\(statePath): the private part of round \(held.round)")
      } else if let statePath {
        tool.say(
          "\(statePath): no private part as old as the model's round \(model.round); the shared part predicts alone"
        )
      }
      kept = held?.tensors
    }
    if let prior {
      guard method is any CaseMixMethod else {
        throw FedMedError(.usage, "--prior has no effect with a model of \(model.run.method)")
      }
      guard prior.count == model.manifest.classes.count else {
        throw FedMedError(
          .usage,
          "--prior has \(prior.count) numbers, the model has \(model.manifest.classes.count) classes: "
            + model.manifest.classes.joined(separator: ", "))
      }
    }
    self.prior = prior
    texts = ClassTexts(features: features.text, logitScale: features.encoder.logitScale)
    inputs = [path, featurePath] + [statePath].compactMap { $0 }
    try Parallel.start(threads: 1)
  }

  /// - Parameter features: of the samples to predict [N, D].
  func predict(_ features: Matrix) throws(FedMedError) -> Predictions {
    var result: Predictions
    do throws(FedMedError) {
      if let prior, let method = method as? any CaseMixMethod {
        result = try method.predict(features, shared: model.tensors, kept: kept, prior: prior)
      } else {
        result = try method.predict(features, texts: texts, shared: model.tensors, kept: kept)
      }
    } catch {
      throw error.naming(file: model.name)
    }
    if kept != nil, let temperature = state?.temperature(for: model.identity) {
      result.calibrated = TemperatureScaling.apply(temperature, to: result.uncalibrated)
    }
    return result
  }

  /// Total log losses of the validation samples, of a method that is calibrated at the server.
  /// - Parameter minimum: the fewest samples that they may rest on.
  func logLosses(minimum: Int) throws(FedMedError) -> [Double]? {
    guard let method = method as? any CalibratedMethod else { return nil }
    let (count, losses) = try method.logLosses(
      features.samples(of: .validation), shared: model.tensors)
    // Their last digits would say more of the samples than a temperature needs.
    return count < minimum ? nil : losses.map { ($0 * 1e4).rounded() / 1e4 }
  }

  /// The class probabilities of logistic regression on the site's training samples alone.
  /// - Returns: nil where the site has none to train with.
  func predictAlone(_ x: Matrix) throws(FedMedError) -> Matrix? {
    guard features.split != nil, try !features.indices(of: .train).isEmpty else { return nil }
    let baseline = LocalLinear(
      MethodSetting(dimension: features.encoder.dimension, classes: features.classes.count))
    let fit = try baseline.fit(features.samples(of: .train), features.samples(of: .validation))
    return try baseline.predict(x, texts: texts, shared: [], kept: fit).final
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
