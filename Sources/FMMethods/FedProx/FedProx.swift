import FMBase
import FMLayers
import FMNumerics

/// FedProx (Li et al., MLSys 2020, arXiv 1812.06127) around any gradient method: each site minimises
///
///     F_k(w) + μ/2 ‖w − w^t‖²
///
/// over the shared parameters w, w^t being the global model's. The pull μ (w − w^t) is added to the gradient
/// before the optimiser; under Adam it is preconditioned like every gradient, and the paper's proof does not
/// cover that.
public struct FedProx<Base: GradientMethod>: GradientMethod {
  package let base: Base
  public var values: HyperParameters { base.values }
  public var shared: Layout { base.shared }
  public var kept: Layout { base.kept }
  public var predictors: [String] { base.predictors }

  public var parts: [Part<ProximalNetwork<Base.Network>>] {
    base.parts.map { Part($0, of: \ProximalNetwork.inner) }
  }

  public func start(_ texts: ClassTexts?) throws(FedMedError) -> [Tensor] {
    try base.start(texts)
  }

  public func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor] {
    try base.startKept(texts, site: site)
  }

  public func network(
    _ texts: ClassTexts, shared: [Tensor], kept: [Tensor]
  ) throws(FedMedError) -> ProximalNetwork<Base.Network> {
    ProximalNetwork(
      try base.network(texts, shared: shared, kept: kept),
      parts: base.parts.filter { $0.owner == .shared }, mu: Float(values[FedProxParameters.mu]))
  }

  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    try base.predict(x, texts: texts, shared: shared, kept: kept)
  }
}

/// A network whose shared parameters are pulled to where they were.
public struct ProximalNetwork<Inner: GradientNetwork>: GradientNetwork {
  package var inner: Inner
  private let parts: [Part<Inner>]
  private let mu: Float
  private let start: [Matrix]  // w^t

  public var terms: [String] { inner.terms }

  /// - Parameter parts: those that are shared.
  init(_ inner: Inner, parts: [Part<Inner>], mu: Float) {
    var (inner, start) = (inner, [Matrix]())
    for part in parts { part.forEachParameter(&inner) { start.append($0.value) } }
    (self.inner, self.parts, self.mu, self.start) = (inner, parts, mu, start)
  }

  /// Reports the inner network's losses; the proximal term changes only the gradients.
  public mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms) {
    inner.gradients(x, y, losses: &losses)
    guard mu > 0 else { return }
    let (start, mu) = (start, mu)
    var index = 0
    for part in parts {
      part.forEachParameter(&inner) { parameter in
        parameter.gradient.add(parameter.value, minus: start[index], times: mu)
        index += 1
      }
    }
  }
}

public enum FedProxParameters {
  public static let mu = HyperParameter(
    "mu", default: 0.01, in: .closed(0, 1e6), "Weight of the proximal term.")
}

extension MethodDefinition {
  public static let fedprox = MethodDefinition(
    wrapper: "fedprox", summary: "a gradient method whose sites are pulled to the global model",
    parameters: [FedProxParameters.mu]
  ) { base, _ in
    func wrap(_ base: some GradientMethod) -> any FederatedMethod { FedProx(base: base) }
    return wrap(base)
  }
}
