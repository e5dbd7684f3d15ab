import FMBase
import FMLayers
import FMNumerics

/// FedMedCLIP (Wu and Chaddad, AAAI 2026, arXiv 2511.07929): a feature adaptation module (FAM) is
/// shared and averaged, while a masked MLP stays at each site. Both teach each other and predict
/// together.
///
/// Its ablations are hyper-parameters: no MLP, no masks, an even mixture, no distillation (`lambda`
/// 0), and a class-wise contrast.
public struct FedMedCLIP: GradientMethod {
  /// Learning rate of FAM.
  public static let learningRateFAM = HyperParameter(
    "learningRateFAM", default: 5e-4, in: .closed(0, 1), "Learning rate of the shared module.")
  /// Learning rate of the MLP.
  public static let learningRateMLP = HyperParameter(
    "learningRateMLP", default: 1e-4, in: .closed(0, 1), "Learning rate of the private classifier.")
  /// λ, the weight of the mutual distillation.
  public static let lambda = HyperParameter(
    "lambda", default: 0.04, in: .closed(0, 1e6), "Weight of the mutual distillation.")
  /// T, the temperature of the mutual distillation.
  public static let temperature = HyperParameter(
    "temperature", default: 2, in: .openBelow(0, 1e6), "Temperature of the mutual distillation.")
  /// H, the width of the MLP's hidden layers.
  public static let hidden = HyperParameter(
    "hidden", default: 512, in: 1...TrainingParameters.largest,
    "Width of the private classifier's layers.")
  /// The texts that images are contrasted with: the batch's labels, or all classes.
  public static let contrast = HyperParameter(
    "contrast", default: "batch", of: ["batch", "classes"],
    "Contrast images with the texts of the batch's labels, as in the paper, or of all classes.")
  /// The private classifier: an MLP, or none.
  public static let classifier = HyperParameter(
    "classifier", default: "mlp", of: ["mlp", "none"], "Type of private classifier.")
  /// Whether masks of the layers' rows are learned.
  public static let masks = HyperParameter(
    "masks", default: "learned", of: ["learned", "none"], "Masks of the rows of each layer.")
  /// The weights in the ensemble: by entropy, or even.
  public static let mixture = HyperParameter(
    "mixture", default: "entropy", of: ["entropy", "even"],
    "Weight the two predictors of the ensemble by their entropies, or equally.")

  package let setting: MethodSetting
  /// The run's hyper-parameters.
  public let values: HyperParameters
  /// The run's guarantee; `nil` if it adds no noise.
  package let guarantee: PrivacyGuarantee?
  private var hasClassifier: Bool { values[Self.classifier] == "mlp" }
  private var isMasked: Bool { values[Self.masks] == "learned" }
  private var mixture: Mixture { values[Self.mixture] == "even" ? .even : .entropy }

  /// Creates the method for a run.
  public init(_ setting: MethodSetting, _ values: HyperParameters) {
    (self.setting, self.values) = (setting, values)
    guarantee = PrivacyGuarantee(values)
  }

  /// FAM, MLP and their ensemble; FAM alone without a classifier.
  public var predictors: [String] { hasClassifier ? ["fam", "mlp", "ensemble"] : ["fam"] }

  /// The arrays of FAM.
  public var shared: Layout {
    FeatureAdaptation.layout(dimension: setting.dimension, isMasked: isMasked)
  }

  /// The arrays of the MLP; empty without a classifier.
  public var kept: Layout {
    guard hasClassifier else { return [] }
    return LocalClassifier.layout(
      dimension: setting.dimension, hidden: values[Self.hidden], classes: setting.classes,
      isMasked: isMasked)
  }

  /// FAM, which is shared, and the MLP, if any, which stays at the site.
  public var parts: [Part<FedMedCLIPNetwork>] {
    let fam = Part(
      \FedMedCLIPNetwork.fam, .shared, adamW(values[Self.learningRateFAM]))
    let mlp = Part(
      \FedMedCLIPNetwork.mlp, .kept, adamW(values[Self.learningRateMLP]))
    return hasClassifier ? [fam, mlp] : [fam]
  }

  /// A FAM with random weights, the same in every run with the same seed.
  public func start(_ texts: ClassTexts?) -> [Tensor] {
    var random = RandomStream(seed: seed, purpose: .featureAdaptation)
    return FeatureAdaptation(
      dimension: setting.dimension, isMasked: isMasked, random: &random
    ).tensors()
  }

  /// An MLP with random weights of its own for each site.
  public func startKept(_ texts: ClassTexts, site: String) -> [Tensor] {
    guard hasClassifier else { return [] }
    var random = RandomStream(seed: seed, site: site, purpose: .localClassifier)
    return LocalClassifier(
      dimension: setting.dimension, hidden: values[Self.hidden], classes: setting.classes,
      isMasked: isMasked, random: &random
    ).tensors()
  }

  /// A network of FAM and MLP from their arrays.
  /// - Throws: `badData` if an array is missing or invalid.
  public func network(
    _ texts: ClassTexts, shared: [Tensor], kept: [Tensor]
  ) throws(FedMedError) -> FedMedCLIPNetwork {
    FedMedCLIPNetwork(
      fam: try fam(shared), mlp: hasClassifier ? try mlp(kept) : nil, texts: texts,
      contrast: values[Self.contrast] == "classes" ? .classes : .batch, mixture: mixture,
      lambda: values[Self.lambda], temperature: values[Self.temperature])
  }

  /// Predicts with FAM and, if `kept` is given, with the MLP and both together.
  /// - Throws: `badData` if an array is missing or invalid.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    var mlp: LocalClassifier?
    if let kept, hasClassifier { mlp = try self.mlp(kept) }
    let (visual, local, both) = Ensemble.predict(
      x, fam: try fam(shared), mlp: mlp, texts: texts, mixture: mixture)
    var parts = [Predictions.Part("fam", visual)]
    if let local { parts.append(Predictions.Part("mlp", local)) }
    if hasClassifier { parts.append(Predictions.Part("ensemble", both)) }
    return Predictions(parts)
  }

  private var seed: UInt64 { UInt64(values[TrainingParameters.seed]) }

  private func fam(_ tensors: [Tensor]) throws(FedMedError) -> FeatureAdaptation {
    try FeatureAdaptation(
      dimension: setting.dimension, isMasked: isMasked, tensors: TensorTable(tensors))
  }

  private func mlp(_ tensors: [Tensor]) throws(FedMedError) -> LocalClassifier {
    try LocalClassifier(
      dimension: setting.dimension, hidden: values[Self.hidden], classes: setting.classes,
      isMasked: isMasked, tensors: TensorTable(tensors))
  }
}

extension FedMedCLIP: PrivateGradientMethod {}

extension MethodDefinition {
  /// FedMedCLIP.
  public static let fedmedclip = MethodDefinition(
    name: "fedmedclip", summary: "a shared feature adaptation module and a private classifier",
    parameters: TrainingParameters.sampling
      + [FedMedCLIP.learningRateFAM, FedMedCLIP.learningRateMLP] + TrainingParameters.optimization
      + [
        FedMedCLIP.lambda, FedMedCLIP.temperature, FedMedCLIP.hidden, FedMedCLIP.contrast,
        FedMedCLIP.classifier, FedMedCLIP.masks, FedMedCLIP.mixture,
      ] + PrivacyParameters.gradient,
    predictorLabels: [
      "fam": "shared module", "mlp": "private classifier", "ensemble": "ensemble",
    ]
  ) { setting, values throws(FedMedError) in
    let method = FedMedCLIP(setting, values)
    guard method.guarantee == nil || values[FedMedCLIP.contrast] == "classes" else {
      throw FedMedError(
        .badData, "differential privacy requires the contrast classes", place: "parameters.dp",
        hint: "the loss of the other contrast cannot be split into single samples")
    }
    return method
  }
}
