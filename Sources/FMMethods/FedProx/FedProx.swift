import FMBase
import FMLayers
import FMNumerics

/// FedProx (Li et al., MLSys 2020, arXiv 1812.06127) around any gradient method. Each site
/// minimizes
///
///     F_k(w) + μ/2 ‖w − w^t‖²
///
/// over the shared parameters w, where w^t are those of the global model. The pull μ (w − w^t) is
/// added to the gradient before the optimizer. Adam preconditions it like any gradient, which the
/// paper's proof does not cover.
public struct FedProx<Base: GradientMethod>: GradientMethod {
  /// The wrapped method.
  package let base: Base
  /// The base method's hyper-parameters.
  public var values: HyperParameters { base.values }
  /// The base method's shared arrays.
  public var shared: Layout { base.shared }
  /// The base method's private arrays.
  public var kept: Layout { base.kept }
  /// The base method's predictors.
  public var predictors: [String] { base.predictors }

  /// The base method's parts.
  public var parts: [Part<ProximalNetwork<Base.Network>>] {
    base.parts.map { Part($0, of: \ProximalNetwork.inner) }
  }

  /// The base method's first model.
  /// - Throws: the base method's errors.
  public func start(_ texts: ClassTexts?) throws(FedMedError) -> [Tensor] {
    try base.start(texts)
  }

  /// The base method's first private arrays.
  /// - Throws: the base method's errors.
  public func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor] {
    try base.startKept(texts, site: site)
  }

  /// The base method's network with a proximal term.
  /// - Throws: the base method's errors.
  public func network(
    _ texts: ClassTexts, shared: [Tensor], kept: [Tensor]
  ) throws(FedMedError) -> ProximalNetwork<Base.Network> {
    ProximalNetwork(
      try base.network(texts, shared: shared, kept: kept),
      parts: base.parts.filter { $0.owner == .shared }, mu: Float(values[FedProxParameters.mu]))
  }

  /// The base method's predictions.
  /// - Throws: the base method's errors.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    try base.predict(x, texts: texts, shared: shared, kept: kept)
  }
}

/// A network whose shared parameters are pulled towards their initial values.
public struct ProximalNetwork<Inner: GradientNetwork>: GradientNetwork {
  /// The wrapped network.
  package var inner: Inner
  private let parts: [Part<Inner>]
  private let mu: Float
  private let start: [Matrix]  // w^t

  /// The names of the inner network's losses, and `proximal`: ‖w − w^t‖²/2.
  public let terms: [String]

  /// Wraps a network at the start of a round.
  /// - Parameter parts: the shared parts.
  init(_ inner: Inner, parts: [Part<Inner>], mu: Float) {
    var (inner, start) = (inner, [Matrix]())
    for part in parts { part.forEachParameter(&inner) { start.append($0.value) } }
    (self.inner, self.parts, self.mu, self.start) = (inner, parts, mu, start)
    terms = inner.terms + ["proximal"]
  }

  /// Computes the inner network's losses and gradients, and adds the proximal term to both.
  public mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms) {
    inner.gradients(x, y, losses: &losses)
    guard mu > 0 else { return }
    let (start, mu) = (start, mu)
    var (index, proximal) = (0, 0.0)
    for part in parts {
      part.forEachParameter(&inner) { parameter in
        proximal += parameter.value.squaredDistance(to: start[index]) / 2
        parameter.gradient.add(parameter.value, minus: start[index], times: mu)
        index += 1
      }
    }
    losses[terms.count - 1] = proximal
    losses.total += Double(mu) * proximal
  }
}

/// The hyper-parameters of FedProx.
public enum FedProxParameters {
  /// μ, the weight of the proximal term.
  public static let mu = HyperParameter(
    "mu", default: 0.01, in: .closed(0, 1e6), "Weight of the proximal term.")
}

extension MethodDefinition {
  /// FedProx around a gradient method.
  public static let fedprox = MethodDefinition(
    wrapper: "fedprox", summary: "a gradient method whose sites stay close to the global model",
    parameters: [FedProxParameters.mu]
  ) { base, _ in
    func wrap(_ base: some GradientMethod) -> any FederatedMethod { FedProx(base: base) }
    return wrap(base)
  }
}
