import FMBase
import FMNumerics

/// A closed-form linear head from sums over all sites: one round gives the same head as all samples
/// in one place. After He et al. 2025 (AFL), Fanì et al. 2024 (Fed3R), Guan et al. 2025 (FedCGS)
/// and Turazza et al. 2026 (GH-OFL); the site's prior and the private residual are this project's
/// own.
///
/// A site sends class counts, class sums and second moments of its unit features. With the finished
/// model it fits a prior, a temperature and a residual to its own samples; these stay at the site.
public struct Gaussian: FederatedMethod {
  /// The kind of head.
  public static let head = HyperParameter(
    "head", default: "auto", of: ["auto"] + GaussianHead.Kind.allCases.map(\.rawValue),
    isServers: true,
    "Use linear discriminant analysis, ridge regression or naive Bayes; auto is ridge with --dp, else lda."
  )
  /// s, the share of the identity in the covariance.
  public static let shrinkage = HyperParameter(
    "shrinkage", default: 0.2, in: .closed(0, 1), isServers: true,
    "Shrinkage of the covariance towards the identity, of lda and nb.")

  /// The shape of the private residual.
  public static let residual = HyperParameter(
    "residual", default: "linear", of: PersonalPart.Shape.allCases.map(\.rawValue),
    "Private residual: a linear map, or mlp for a small network.")

  let setting: MethodSetting
  private let values: HyperParameters
  /// The run's guarantee; `nil` if it adds no noise.
  package let guarantee: PrivacyGuarantee?

  /// Creates the method for a run.
  public init(_ setting: MethodSetting, _ values: HyperParameters) {
    (self.setting, self.values) = (setting, values)
    guarantee = PrivacyGuarantee(values)
  }

  /// The arrays of the head: μ, σ, W, b, prior and temperature.
  public var shared: Layout { GaussianModel.layout(setting) }
  /// The statistics: class counts, class sums and second moments.
  public var sent: Layout { GaussianStatistics.layout(setting) }
  /// The shared head, with the site's prior and temperature, and with the private residual.
  public let predictors = ["shared", "prior", "personal"]
  /// The exact sum of the statistics.
  public var server: ServerStep { .sum(self) }
  /// Without noise, sums of fewer samples would reveal too much about each of them.
  public var fewestSamples: Int { guarantee == nil ? 20 : 1 }
  /// Exact sums require single precision.
  public let isExact = true

  /// An uninformative head: all classes are equally likely, whatever the features.
  public func start(_ texts: ClassTexts?) -> [Tensor] {
    let share = 1 / Float(setting.classes)
    return shared.tensors(
      shared.map { entry in
        let value: Float = ["scale": 1, "temperature": 1, "prior": share][entry.name] ?? 0
        return [Float](repeating: value, count: entry.count)
      })
  }

  /// Computes the statistics of the site's training samples, with noise if the run has a guarantee.
  /// - Throws: `badData` if the round is not the first, or a sample's features are all zero;
  ///   `usage` if patients are to be protected, but are unknown; `ioError` if there are no random
  ///   bytes for the noise.
  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    guard data.round == 1 else {
      throw FedMedError(
        .badData, "this method has one round, but the model is from round \(data.round - 1)",
        hint: "fit its private part with fm-train-local --personalize")
    }
    if let guarantee { return try privateStatistics(data, guarantee) }
    let statistics = try GaussianStatistics(
      data.training.features, labels: data.training.labels, classes: setting.classes)
    return Trained(sent: statistics.tensors(sent), kept: [], shared: nil, epochs: [])
  }

  /// Predicts with the shared head and, if `kept` is given, with the site's private part.
  /// - Throws: `badData` if an array is missing or invalid, or predictions overflow.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    try predict(x, shared: shared, kept: kept, prior: nil)
  }

  private var kind: GaussianHead.Kind {
    GaussianHead.Kind(rawValue: values[Self.head]) ?? (guarantee == nil ? .lda : .ridge)
  }

  private var shape: PersonalPart.Shape {
    PersonalPart.Shape(rawValue: values[Self.residual]) ?? .linear
  }

  private func model(_ shared: [Tensor]) throws(FedMedError) -> GaussianModel {
    try GaussianModel(shared, setting, isRidge: kind == .ridge)
  }
}

extension Gaussian: StatisticsMethod {
  /// Fits the head to the totals.
  /// - Throws: `badData` if they allow no head.
  public func model(
    of totals: [IntegerTensor], noise: Double
  ) throws(FedMedError) -> StatisticsModel {
    let statistics = GaussianStatistics(totals, setting, noise: self.noise(noise))
    let head = try GaussianHead(statistics, kind, shrinkage: values[Self.shrinkage])
    let isSmall = Int(statistics.total) <= setting.dimension
    return StatisticsModel(
      tensors: GaussianModel.tensors(
        head, shared, temperature: guarantee == nil ? 1 : GaussianModel.fixedTemperature(kind)),
      missing: head.prior.indices.filter { head.prior[$0] == 0 },
      remarks: isSmall
        ? [
          "only \(Int(statistics.total)) training samples at all sites together for "
            + "\(setting.dimension) features; a larger --shrinkage may help"
        ] : [])
  }

  /// Checks that the totals can be statistics of `samples` unit vectors.
  /// - Throws: `badData` with the array and the contradiction.
  public func check(
    _ totals: [IntegerTensor], samples: Int, noise: Double
  ) throws(FedMedError) {
    var statistics = GaussianStatistics(totals, setting, noise: self.noise(noise))
    try statistics.check(samples: samples, sent)
  }

  /// The sum of the class counts.
  public func samples(in totals: [IntegerTensor]) -> Int {
    max(Int(totals[0].doubles.reduce(0, +).rounded()), 0)
  }

  /// The mean feature [D], and the trace of the second moments per sample.
  public func comparable(_ totals: [IntegerTensor]) -> [Tensor] {
    GaussianStatistics(totals, setting).comparable
  }
}

extension Gaussian: CalibratedMethod {
  /// 0.1 to 1.5 in steps of 0.05 for lda and nb; 1 to 30 in steps of 0.5 for ridge.
  public var temperatures: [Double] {
    kind == .ridge
      ? (2...60).map { Double($0) / 2 } : (2...30).map { Double($0) / 20 }
  }

  /// Sums the log losses of the samples whose class the model knows.
  /// - Throws: `badData` if an array is missing or invalid, or scores overflow.
  public func logLosses(
    _ samples: Samples, shared: [Tensor]
  ) throws(FedMedError) -> (count: Int, losses: [Double]) {
    let model = try model(shared)
    let known = samples.filtered { model.prior[$0] > 0 }
    let scores = try model.scores(known.features)
    let losses = temperatures.map {
      model.logits(scores, temperature: $0, prior: model.prior).logLoss(known.labels)
    }
    return (known.count, losses)
  }

  /// Returns the head with another temperature.
  public func calibrated(_ shared: [Tensor], temperature: Double) -> [Tensor] {
    shared.map { tensor in
      tensor.name != "temperature"
        ? tensor : Tensor(name: tensor.name, shape: tensor.shape, values: [Float(temperature)])
    }
  }
}

extension Gaussian: PersonalizedMethod {
  /// The site's prior, temperature, feature location and residual.
  public var personal: Layout { PersonalPart.layout(setting, shape) }

  /// Fits the private part to the site's samples.
  /// - Throws: `badData` if an array of the model is missing or invalid, or scores overflow.
  public func personalize(
    _ data: TrainingData, shared: [Tensor]
  ) throws(FedMedError) -> [Tensor] {
    try PersonalPart(
      model(shared), data, temperatures: temperatures, shape: shape,
      seed: UInt64(values[TrainingParameters.seed]), classes: setting.classes
    ).tensors(setting, shape)
  }
}

extension Gaussian: CaseMixMethod {
  /// Predicts with `prior` in place of the site's own.
  /// - Throws: `badData` if an array is missing or invalid, scores overflow, or no class has a
  ///   positive probability in both `prior` and the model.
  public func predict(
    _ x: Matrix, shared: [Tensor], kept: [Tensor]?, prior: [Double]
  ) throws(FedMedError) -> Predictions {
    try predict(x, shared: shared, kept: kept, prior: Optional(prior))
  }

  private func predict(
    _ x: Matrix, shared: [Tensor], kept: [Tensor]?, prior: [Double]?
  ) throws(FedMedError) -> Predictions {
    let model = try model(shared)
    let scores = try model.scores(x)
    let own = try kept.map { kept throws(FedMedError) in
      try PersonalPart(kept, setting, shape)
    }
    var logits = model.logits(scores, temperature: model.temperature, prior: model.prior)
    var parts = [Predictions.Part("shared", logits.softmax())]
    if let prior = prior ?? own?.prior {
      guard zip(prior, model.prior).contains(where: { $0 > 0 && $1 > 0 }) else {
        throw FedMedError(.badData, "the model has no samples of any class in the prior")
      }
      logits = model.logits(
        scores, temperature: own?.temperature ?? model.temperature, prior: prior)
      parts.append(Predictions.Part("prior", logits.softmax()))
    }
    own?.addResiduals(x, to: &logits)
    // Without private arrays, this is the best of the other predictions.
    parts.append(Predictions.Part("personal", logits.softmax()))
    return Predictions(parts)
  }
}

extension MethodDefinition {
  /// Closed-form heads from Gaussian statistics.
  public static let gaussian = MethodDefinition(
    name: "gaussian", summary: "a head in closed form from exact sums, and a private residual",
    parameters: [
      TrainingParameters.seed, Gaussian.head, Gaussian.shrinkage, Gaussian.residual,
    ] + PrivacyParameters.all, rounds: 1,
    isOneRound: true,
    explanation:
      "Each hospital adds up the numeric descriptions of its images, by diagnosis, and sends "
      + "only these sums, once, with noise if the run adds any; from their total the server "
      + "computes the same classifier as from all images in one place, or with noise an "
      + "approximation of it. No image leaves the hospital, but sums are not anonymous: without noise, "
      + "whoever already has an image can test whether it is in the sums of a hospital with a few "
      + "hundred of them. A hospital with fewer than 20 training images sends none unless it "
      + "decides otherwise. Each hospital then fits the classifier in "
      + "private to its own mix of cases and its own equipment, and nothing of this fit leaves "
      + "it.",
    predictorLabels: [
      "shared": "shared head", "prior": "shared head with the site's class frequencies",
      "personal": "personal head",
    ]
  ) { setting, values in Gaussian(setting, values) }
}
