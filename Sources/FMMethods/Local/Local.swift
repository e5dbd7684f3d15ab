import FMBase
import FMNumerics

/// No federation: a gradient method whose shared arrays stay at their site, too. What federation is worth
/// shows beside it.
public struct Local: FederatedMethod {
  package let base: any GradientMethod

  public let shared: Layout = []
  public var kept: Layout { base.shared + base.kept }
  public var predictors: [String] { base.predictors }

  public func start(_ texts: ClassTexts?) -> [Tensor] { [] }

  public func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor] {
    try base.start(texts) + base.startKept(texts, site: site)
  }

  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    let trained = try base.train(
      data, shared: base.shared.select(from: kept), kept: base.kept.select(from: kept),
      progress: progress)
    return Trained(
      sent: [], kept: trained.sent + trained.kept, shared: [], epochs: trained.epochs)
  }

  /// A site without private arrays predicts as every site would before its first round.
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
  public static let local = MethodDefinition(
    wrapper: "local", summary: "a gradient method at each site alone, without federation"
  ) { base, _ in Local(base: base) }
}
