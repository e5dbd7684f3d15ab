import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// A server's aggregation of a round's updates: a rule with its settings, the weights of the
/// updates, and optionally a server optimizer.
public struct AggregationPlan: Sendable {
  /// The result of an aggregation.
  public struct Outcome {
    /// The arrays of the new global model.
    public internal(set) var model: [Tensor]
    /// The totals from which the model was computed; `nil` if the method sends no statistics.
    public var statistics: StatisticsSum?
    /// Remarks for the user, one line each.
    public var remarks: [String] = []
    /// The description of the aggregation for the manifest.
    public internal(set) var aggregation: Manifest.Aggregation
    /// The new state of the server's optimizer; `nil` if none was used.
    public let optimization: ServerOptimization?
  }

  /// The aggregation rule.
  public var rule: any AggregationRule.Type = MeanRule.self
  /// The settings of the rule.
  public var settings = AggregationSettings()
  /// The weighting of the updates.
  public var weights = AggregationWeights.uniform
  /// The server's optimizer; `nil` uses the aggregate as the new model.
  public var optimizer: (any ServerOptimizer.Type)?
  /// The learning rate of the optimizer; `nil` is its default.
  public var learningRate: Double?

  /// Creates a plan for the unweighted mean.
  public init() {}

  /// The name, in lists of methods, of aggregation by a rule.
  public static let average = "average"
  /// The name, in manifests, of the reduction of a method that computes its models itself.
  public static let ownReduction = "method"

  /// The name, in manifests, of the exact sum used by a method that sends statistics.
  public static let exactSum = "sum"

  private static func own(_ rule: String) -> Manifest.Aggregation {
    Manifest.Aggregation(rule: rule, weights: AggregationWeights.uniform.rawValue)
  }

  /// The exact total of a round's updates, to be sent as one update.
  /// - Parameters:
  ///   - round: the round.
  ///   - progress: called with the number of updates read.
  /// - Throws: `usage` if the method sends no statistics, or the plan has a rule, weights or an
  ///   optimizer; `badData` if updates are inconsistent; `ioError` if reading fails.
  public func sum(
    of round: FederatedRound, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> StatisticsSum {
    guard case .sum(let method) = try round.method().server else {
      throw FedMedError(
        .usage,
        "partial sums require a method that sends statistics; this one's updates are averaged")
    }
    return try sum(of: round, method, progress: progress)
  }

  private func sum(
    of round: FederatedRound, _ method: any StatisticsMethod, progress: (Int) -> Void
  ) throws(FedMedError) -> StatisticsSum {
    try requirePlain(hint: "--guard discards updates far from the others")
    return try round.sum(method, progress: progress)
  }

  /// Remarks for the user about a model computed from sums.
  private static func remarks(
    _ sum: StatisticsSum, _ model: StatisticsModel, _ round: FederatedRound
  ) -> [String] {
    let names = round.updates.first?.manifest.classes ?? []
    var remarks = model.missing.map {
      "class '\(names[$0])' has no training samples at any site and is never predicted"
    }
    remarks += model.remarks
    // A site reports its own number of samples; nothing else confirms it.
    let (inputs, samples) = (sum.inputs, sum.samples)
    if inputs.count > 1, let large = inputs.first(where: { 10 * ($0.samples ?? 0) > 9 * samples }) {
      remarks.append(
        "site '\(large.site)' reports \(large.samples ?? 0) of all \(samples) training samples"
      )
    }
    if round.hasModel {
      remarks.append(
        "the new head is not calibrated; fit its temperature with fm-aggregate calibrate")
    }
    return remarks
  }

  /// Checks that the plan has no rule, weights or optimizer.
  /// - Throws: `usage` if it has.
  private func requirePlain(hint: String?) throws(FedMedError) {
    guard rule.name == MeanRule.name, weights == .uniform, optimizer == nil else {
      throw FedMedError(
        .usage, "this method computes its models itself, without a rule, weights or an optimizer",
        hint: hint)
    }
  }

  /// Aggregates a round. A method that computes its models itself takes no rule, weights or
  /// optimizer.
  /// - Parameters:
  ///   - round: the round.
  ///   - global: the model from which the updates started, if known; an optimizer requires it.
  ///   - state: the optimizer's state saved with that model; `nil` in its first round.
  ///   - progress: called with the number of updates read.
  /// - Throws: `tryAgain` if there are fewer updates than the rule requires; `badData` if updates,
  ///   model and state are inconsistent; `usage` for settings that the method or the rule does not
  ///   take; `noInput` if the optimizer's state is missing; `ioError` if reading fails.
  public func apply(
    to round: FederatedRound, global: ModelArchive?, state: ServerState?,
    progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> Outcome {
    switch try round.method().server {
    case .average: break
    case .sum(let method):
      let sum = try sum(of: round, method, progress: progress)
      let model = try method.model(of: sum.totals, noise: sum.noise)
      return Outcome(
        model: model.tensors, statistics: sum, remarks: Self.remarks(sum, model, round),
        aggregation: Self.own(Self.exactSum), optimization: nil)
    case .reduce(let reduction):
      try requirePlain(hint: nil)
      return Outcome(
        model: try round.reduce(reduction, weights: .uniform, progress: progress),
        aggregation: Self.own(Self.ownReduction), optimization: nil)
    }
    guard round.removals.isEmpty else {
      throw FedMedError(.usage, "a site cannot be removed from an average")
    }
    var settings = settings
    settings.global = global?.tensors
    let result = try round.combine(
      by: rule, settings: settings, weights: weights, progress: progress)
    return try finish(result, global: global, state: state)
  }

  /// The model of an average: the average itself, or a step of the server's optimizer towards it.
  /// - Throws: `badData` if average, model and state are inconsistent; `noInput` if the optimizer's
  ///   state is missing.
  func finish(
    _ result: [Tensor], global: ModelArchive?, state: ServerState?
  ) throws(FedMedError) -> Outcome {
    let aggregation = Manifest.Aggregation(
      rule: rule.name, weights: weights.rawValue, optimizer: optimizer?.name)
    guard let optimizer, let global else {
      return Outcome(model: result, aggregation: aggregation, optimization: nil)
    }
    var optimization = try ServerOptimization(
      optimizer, learningRate: learningRate, global: global, state: state)
    let model = try optimization.step(towards: result)
    return Outcome(model: model, aggregation: aggregation, optimization: optimization)
  }
}
