import FMArchive
import FMBase
import FMNumerics

/// How a server makes a model of a round's updates: by a rule with its settings and the updates' weights, and
/// by an optimiser, where there is one.
public struct AggregationPlan: Sendable {
  /// What a round's updates became.
  public struct Outcome {
    public let model: [Tensor]
    /// What the optimiser remembers from here on, where there is one.
    public let optimization: ServerOptimization?
  }

  public var rule: any AggregationRule.Type = MeanRule.self
  public var settings = AggregationSettings()
  public var weights = AggregationWeights.uniform
  public var optimizer: (any ServerOptimizer.Type)?
  /// Of the optimiser; nil is the optimiser's own.
  public var learningRate: Double?

  public init() {}

  /// What a manifest says of it.
  public var manifest: Manifest.Aggregation {
    Manifest.Aggregation(
      rule: rule.name, weights: weights.rawValue, optimizer: optimizer?.name)
  }

  /// Carries it out.
  /// - Parameters:
  ///   - global: the model that the updates started from, where it is known; an optimiser needs it.
  ///   - state: what the optimiser remembered with that model.
  ///   - progress: called with the number of updates read.
  /// - Throws: `tryAgain` for fewer updates than the rule needs, `badData` for what does not fit.
  public func apply(
    to round: FederatedRound, global: ModelArchive?, state: ServerState?,
    progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> Outcome {
    var settings = settings
    settings.global = global?.tensors
    let result = try round.combine(
      by: rule, settings: settings, weights: weights, progress: progress)
    guard let optimizer, let global else { return Outcome(model: result, optimization: nil) }
    var optimization = try ServerOptimization(
      optimizer, learningRate: learningRate, global: global, state: state)
    let model = try optimization.step(towards: result)
    return Outcome(model: model, optimization: optimization)
  }
}
