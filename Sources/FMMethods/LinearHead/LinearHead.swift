import FMBase
import FMLayers
import FMNumerics

/// A linear head on frozen features, averaged as in FedAvg (McMahan et al. 2017):
///
///     z = x / ‖x‖    logits = τ (W z + b)
///
/// W starts from the class texts or from zeros. With raw inputs, z = x and τ = 1: plain logistic
/// regression, which is Flower's baseline.
public struct LinearHead: GradientMethod {
  /// Learning rate of the head.
  public static let learningRate = HyperParameter(
    "learningRate", default: 5e-3, in: .closed(0, 10), "Learning rate of the head.")
  /// The first weights: class texts, or zeros.
  public static let start = HyperParameter(
    "start", default: "texts", of: ["texts", "zeros"],
    "Start the head from the class texts, or from zeros.")
  /// Whether features are scaled to unit norm.
  public static let inputs = HyperParameter(
    "inputs", default: "unit", of: ["unit", "raw"],
    "Scale features to unit norm, or leave them unchanged.")
  /// The optimizer at the sites.
  public static let localOptimizer = HyperParameter(
    "localOptimizer", default: "adamw", of: ["adamw", "adam", "sgd"], "Optimizer used at the sites."
  )
  /// Momentum of SGD.
  public static let momentum = HyperParameter(
    "momentum", default: 0, in: .openAbove(0, 1), "Momentum of the optimizer sgd.")

  package let setting: MethodSetting
  /// The run's hyper-parameters.
  public let values: HyperParameters
  /// The run's guarantee; `nil` if it adds no noise.
  package let guarantee: PrivacyGuarantee?
  private var isRaw: Bool { values[Self.inputs] == "raw" }

  /// The head.
  public let predictors = ["head"]

  /// Creates the method for a run.
  public init(_ setting: MethodSetting, _ values: HyperParameters) {
    (self.setting, self.values) = (setting, values)
    guarantee = PrivacyGuarantee(values)
  }

  /// The weight [C, D] and bias [C] of the head.
  public var shared: Layout {
    Linear.layout(name: "head", inputs: setting.dimension, outputs: setting.classes)
  }

  /// The head, which is shared.
  public var parts: [Part<LinearHeadNetwork>] { [Part(\.head, .shared, optimizer)] }

  /// A head of class texts or zeros.
  /// - Throws: `usage` if it starts from texts and there are none.
  public func start(_ texts: ClassTexts?) throws(FedMedError) -> [Tensor] {
    var head = Linear(name: "head", inputs: setting.dimension, outputs: setting.classes)
    if values[Self.start] == "texts" {
      guard let texts else {
        throw FedMedError(
          .usage, "this method starts from the class texts, but there are none",
          hint: "give class texts, or start from zeros")
      }
      head.weight.value = texts.directions
    }
    return head.tensors()
  }

  /// A network of the head.
  /// - Throws: `badData` if an array is missing or has another shape.
  public func network(
    _ texts: ClassTexts, shared: [Tensor], kept: [Tensor]
  ) throws(FedMedError) -> LinearHeadNetwork {
    LinearHeadNetwork(
      head: try Linear(
        name: "head", inputs: setting.dimension, outputs: setting.classes,
        tensors: TensorTable(shared)),
      scale: isRaw ? 1 : texts.logitScale, isRaw: isRaw)
  }

  /// Predicts with the head.
  /// - Throws: `badData` if an array is missing or has another shape.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    let network = try network(texts, shared: shared, kept: [])
    return Predictions([Predictions.Part("head", network.probabilities(x))])
  }

  private var optimizer: any Optimizer {
    let (rate, decay) = (values[Self.learningRate], values[TrainingParameters.weightDecay])
    switch values[Self.localOptimizer] {
    case "adam":
      return Adam(
        learningRate: rate, beta1: values[TrainingParameters.beta1],
        beta2: values[TrainingParameters.beta2], epsilon: values[TrainingParameters.epsilon],
        penalty: decay)
    case "sgd":
      return SGD(learningRate: rate, momentum: values[Self.momentum], penalty: decay)
    default: return adamW(rate)
    }
  }
}

extension LinearHead: PrivateGradientMethod {}

/// The head with its loss, the cross-entropy.
public struct LinearHeadNetwork: PrivateNetwork {
  /// The linear layer D → C.
  package var head: Linear
  /// τ, the factor from cosines to logits; 1 for raw inputs.
  package let scale: Float
  let isRaw: Bool
  private var input = Matrix(rows: 0, columns: 0)  // z [B, D]
  private var logits = Matrix(rows: 0, columns: 0)  // [B, C]
  private var gradient = Matrix(rows: 0, columns: 0)  // of the logits [B, C]

  /// The name of the only loss.
  public var terms: [String] { ["cross_entropy"] }

  init(head: Linear, scale: Float, isRaw: Bool) {
    (self.head, self.scale, self.isRaw) = (head, scale, isRaw)
  }

  /// Computes the loss on a batch x [B, D], y [B], and the gradients of the head.
  public mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms) {
    logitGradients(x, y, losses: &losses)
    head.backward(input, gradient: gradient)
  }

  /// Computes the loss on a batch, and the gradients of the head for each sample's own loss.
  package mutating func layerGradients(
    _ x: Matrix, _ y: [Int], losses: inout LossTerms
  ) -> [LayerGradients] {
    logitGradients(x, y, losses: &losses)
    var own = gradient
    // The loss is a mean over the batch.
    own.scale(by: Float(x.rows))
    return [LayerGradients(inputs: input, outputs: own)]
  }

  /// Stores the sums over samples.
  package mutating func store(_ gradients: [LayerGradients], finish: (inout Matrix) -> Void) {
    SummedGradients.store(
      gradients.first, weight: &head.weight, bias: &head.bias, finish: finish)
  }

  /// Computes the loss, and its gradient with respect to the outputs of the head.
  private mutating func logitGradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms) {
    if logits.rows != x.rows {
      logits = Matrix(rows: x.rows, columns: head.outputs)
      gradient = logits
      input = x
    }
    input.gather(0..<x.rows, of: x)
    if !isRaw { input.normalizeRows() }
    head.forward(input, into: &logits)
    logits.scale(by: scale)
    gradient.fill(0)
    losses[0] = CrossEntropyLoss.evaluate(logits: logits, labels: y, gradient: &gradient)
    losses.total = losses[0]
    gradient.scale(by: scale)
  }

  /// The softmax of the logits [N, C] for features x [N, D].
  package func probabilities(_ x: Matrix) -> Matrix {
    var result = Matrix(rows: x.rows, columns: head.outputs)
    head.forward(isRaw ? x : x.normalizedRows(), into: &result)
    result.scale(by: scale)
    result.softmaxRows()
    return result
  }
}

extension MethodDefinition {
  /// A linear head, averaged.
  public static let linear = MethodDefinition(
    name: "linear", summary: "a shared linear head on the features",
    parameters: TrainingParameters.sampling + [LinearHead.learningRate]
      + TrainingParameters.optimization
      + [LinearHead.start, LinearHead.inputs, LinearHead.localOptimizer, LinearHead.momentum]
      + PrivacyParameters.gradient,
    predictorLabels: ["head": "shared head"]
  ) { setting, values in LinearHead(setting, values) }
}
