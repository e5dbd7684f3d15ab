import FMNumerics

/// Zero-shot classification with the encoder's class texts (Radford et al. 2021): softmax over τ
/// z·t_c, with z = x / ‖x‖. Nothing is trained, and nothing is sent.
public struct ZeroShot: FederatedMethod {
  /// Empty: nothing is shared.
  public let shared: Layout = []
  /// The class texts.
  public let predictors = ["texts"]

  /// Empty: there is no model.
  public func start(_ texts: ClassTexts?) -> [Tensor] { [] }

  /// Does nothing.
  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) -> Trained {
    Trained(sent: [], kept: [], shared: [], epochs: [])
  }

  /// Predicts with the class texts.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) -> Predictions {
    var result = Matrix(rows: x.rows, columns: texts.directions.rows)
    result.product(x.normalizedRows(), transposing: texts.directions)
    result.scale(by: texts.logitScale)
    result.softmaxRows()
    return Predictions([Predictions.Part("texts", result)])
  }
}

extension MethodDefinition {
  /// Zero-shot classification.
  public static let zeroShot = MethodDefinition(
    name: "zero-shot", summary: "the encoder's class texts, without training",
    parameters: [TrainingParameters.seed], rounds: 1,
    predictorLabels: ["texts": "classifier by class texts"]
  ) { _, _ in ZeroShot() }
}
