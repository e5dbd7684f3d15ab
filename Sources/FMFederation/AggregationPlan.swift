import FMArchive
import FMBase
import FMNumerics

/// How a server makes a model of a round's updates: by a rule with its settings and the updates' weights, and
/// by an optimiser, where there is one.
public struct AggregationPlan: Sendable {
  /// What a round's updates became.
  public struct Outcome {
    public let model: [Tensor]
    /// What a manifest says of how it was made.
    public let aggregation: Manifest.Aggregation
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

  /// What manifests call the rule of a method that makes its models by itself.
  public static let ownReduction = "method"

  /// Carries it out. A method that makes its models by itself takes no rule, no weights and no optimiser.
  /// - Parameters:
  ///   - global: the model that the updates started from, where it is known; an optimiser needs it.
  ///   - state: what the optimiser remembered with that model.
  ///   - progress: called with the number of updates read.
  /// - Throws: `tryAgain` for fewer updates than the rule needs, `badData` for what does not fit, `usage` for
  ///   what the method does not take.
  public func apply(
    to round: FederatedRound, global: ModelArchive?, state: ServerState?,
    progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> Outcome {
    if let own = try round.ownReduction() {
      guard rule.name == MeanRule.name, weights == .uniform, optimizer == nil else {
        throw FedMedError(
          .usage, "this method makes its models by itself, without a rule, weights or an optimizer")
      }
      return Outcome(
        model: try round.reduce(own, weights: .uniform, progress: progress),
        aggregation: Manifest.Aggregation(
          rule: Self.ownReduction, weights: AggregationWeights.uniform.rawValue), optimization: nil)
    }
    let aggregation = Manifest.Aggregation(
      rule: rule.name, weights: weights.rawValue, optimizer: optimizer?.name)
    var settings = settings
    settings.global = global?.tensors
    let result = try round.combine(
      by: rule, settings: settings, weights: weights, progress: progress)
    guard let optimizer, let global else {
      return Outcome(model: result, aggregation: aggregation, optimization: nil)
    }
    var optimization = try ServerOptimization(
      optimizer, learningRate: learningRate, global: global, state: state)
    let model = try optimization.step(towards: result)
    return Outcome(model: model, aggregation: aggregation, optimization: optimization)
  }
}
