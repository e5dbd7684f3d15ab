import FMBase
import FMNumerics

/// A baseline without federation: a gradient method whose shared arrays stay at their site as well.
/// Comparing with it shows the benefit of federation.
public struct Local: FederatedMethod {
  /// The wrapped method.
  package let base: any GradientMethod

  /// Empty: nothing is shared.
  public let shared: Layout = []
  /// All arrays of the base method.
  public var kept: Layout { base.shared + base.kept }
  /// The base method's predictors.
  public var predictors: [String] { base.predictors }

  /// Empty: there is no global model.
  public func start(_ texts: ClassTexts?) -> [Tensor] { [] }

  /// The base method's first model and first private arrays.
  /// - Throws: the base method's errors.
  public func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor] {
    try base.start(texts) + base.startKept(texts, site: site)
  }

  /// Trains the base method; nothing is sent.
  /// - Throws: the base method's errors, and `badData` if an array is missing or has another shape.
  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    let trained = try base.train(
      data, shared: base.shared.select(from: kept), kept: base.kept.select(from: kept),
      progress: progress)
    return Trained(
      sent: [], kept: trained.sent + trained.kept, shared: [], epochs: trained.epochs)
  }

  /// Predicts with the base method. A site without private arrays predicts like any site before
  /// round 1.
  /// - Throws: the base method's errors, and `badData` if an array is missing or has another shape.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    guard let kept else {
      return try base.predict(x, texts: texts, shared: base.start(texts), kept: nil)
    }
    return try base.predict(
      x, texts: texts, shared: base.shared.select(from: kept), kept: base.kept.select(from: kept))
  }
}

extension MethodDefinition {
  /// A gradient method without federation.
  public static let local = MethodDefinition(
    wrapper: "local", summary: "a gradient method at each site alone, without federation"
  ) { base, _ in Local(base: base) }
}
