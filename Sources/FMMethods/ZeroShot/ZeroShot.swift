import FMNumerics

/// Zero-shot classification by the encoder's class texts (Radford et al. 2021): softmax over τ z·t_c, with
/// z = x / ‖x‖. Nothing is trained and nothing is sent.
public struct ZeroShot: FederatedMethod {
  public let shared: Layout = []
  public let predictors = ["texts"]

  public func start(_ texts: ClassTexts?) -> [Tensor] { [] }

  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) -> Trained {
    Trained(sent: [], kept: [], shared: [], epochs: [])
  }

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
  public static let zeroShot = MethodDefinition(
    name: "zero-shot", summary: "the encoder's class texts, without training",
    parameters: [TrainingParameters.seed], rounds: 1
  ) { _, _ in ZeroShot() }
}
