import FMCommand
import FedMed

/// A model with the features and the private state that it is evaluated with.
struct Subject {
  let model: ModelArchive
  let features: FeatureSet
  let state: StateArchive?
  let method: any FederatedMethod
  /// The site's private arrays of the model's round, or fitted to the model; `nil` if there are
  /// none.
  let kept: [Tensor]?
  /// The known class frequencies; `nil` if they are not given.
  private let prior: [Double]?
  let texts: ClassTexts
  /// The files that were read.
  let inputs: [String]

  /// Reads a model and a site's files.
  /// - Parameters:
  ///   - tool: the tool that prints messages.
  ///   - path: the path of the model; `-` is standard input.
  ///   - featurePath: the path of the features.
  ///   - statePath: the path of the state; `nil` uses only the model.
  ///   - prior: the known class frequencies; `nil` uses the site's own.
  /// - Throws: `noInput` or `badData` if a file cannot be read or does not fit the model; `usage`
  ///   if the prior has no effect or the wrong length.
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
        tool.inform(
          "\(statePath): no private part fitted to \(model.name); using the shared part only")
        tool.inform("hint: fm-train-local --personalize fits one")
      }
    } else {
      let held = state?.newest(notAfter: model.round)
      if let held, let statePath {
        tool.detail("\(statePath): the private part of round \(held.round)")
      } else if let statePath {
        tool.inform(
          "\(statePath): no private part of round \(model.round) or earlier; using the shared part only"
        )
      }
      kept = held?.tensors
    }
    if let prior {
      guard method is any CaseMixMethod else {
        throw FedMedError(.usage, "--prior has no effect with method \(model.run.method)")
      }
      guard prior.count == model.manifest.classes.count else {
        throw FedMedError(
          .usage,
          "--prior has \(prior.count) numbers, expected \(model.manifest.classes.count)",
          hint: "the classes are \(model.manifest.classes.joined(separator: ", "))")
      }
    }
    self.prior = prior
    texts = ClassTexts(features: features.text, logitScale: features.encoder.logitScale)
    inputs = [path, featurePath] + [statePath].compactMap { $0 }
    try Parallel.start(threads: 1)
  }

  /// Predicts samples.
  /// - Parameter features: their features [N, D].
  /// - Throws: `badData` if predictions overflow or the prior is invalid.
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

  /// The total log losses of the validation samples at several temperatures.
  /// - Parameter minimum: the fewest samples that they may be based on.
  /// - Returns: the losses; `nil` if there are fewer samples, or the method is not calibrated at
  ///   the server.
  func logLosses(minimum: Int) throws(FedMedError) -> [Double]? {
    guard let method = method as? any CalibratedMethod else { return nil }
    let (count, losses) = try method.logLosses(
      features.samples(of: .validation), shared: model.tensors)
    // They are rounded, because more digits would reveal more about the samples than a temperature
    // needs.
    return count < minimum ? nil : losses.map { ($0 * 1e4).rounded() / 1e4 }
  }

  /// The class probabilities by logistic regression on the site's own training samples.
  /// - Parameter x: the features of the samples to predict [N, D].
  /// - Returns: the probabilities [N, C]; `nil` if the site has no training samples.
  private func predictAlone(_ x: Matrix) throws(FedMedError) -> Matrix? {
    guard features.split != nil, try !features.indices(of: .train).isEmpty else { return nil }
    let baseline = LocalLinear(
      MethodSetting(dimension: features.encoder.dimension, classes: features.classes.count))
    let fit = try baseline.fit(features.samples(of: .train), features.samples(of: .validation))
    return try baseline.predict(x, texts: texts, shared: [], kept: fit).final
  }

  /// Returns predictions with those of the baselines in front: the most frequent class, and
  /// logistic regression on the site's own samples, unless that is the method.
  /// - Parameters:
  ///   - predictions: the predictions of the samples.
  ///   - x: their features [N, D].
  ///   - indices: their positions in the features.
  func precededByBaselines(
    _ predictions: Predictions, _ x: Matrix, _ indices: [Int]
  ) throws(FedMedError) -> Predictions {
    var result = predictions
    if result[Report.alone] == nil, let alone = try predictAlone(x) {
      result = result.preceded(by: Predictions.Part(Report.alone, alone))
    }
    guard let labels = features.labels else { return result }
    return result.preceded(
      by: Report.majority(labels: indices.map { labels[$0] }, classes: features.classes.count))
  }

  /// The indices of the samples of a split, or of all samples if `split` is `nil`.
  func indices(_ split: Split?) throws(FedMedError) -> [Int] {
    try split.map { split throws(FedMedError) in try features.indices(of: split) }
      ?? Array(0..<features.count)
  }

  /// The report on predictions of the samples at `indices`.
  /// - Parameters:
  ///   - minimum: the fewest samples that a number may be based on.
  ///   - plan: the plan of bootstrap draws; `nil` draws none.
  func report(
    of predictions: Predictions, _ split: Split?, _ indices: [Int], minimum: Int,
    plan: ScoreDraws.Plan? = nil
  ) throws(FedMedError) -> Report {
    let labels = features.labels ?? []
    return try Report(
      split: split, predictions: predictions, labels: indices.map { labels[$0] },
      names: features.classes, minimum: minimum, plan: plan, file: features.name)
  }
}
