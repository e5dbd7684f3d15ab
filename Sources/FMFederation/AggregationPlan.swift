import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// How a server makes a model of a round's updates: by a rule with its settings and the updates' weights, and
/// by an optimiser, where there is one.
public struct AggregationPlan: Sendable {
  /// What a round's updates became.
  public struct Outcome {
    public internal(set) var model: [Tensor]
    /// The totals that it was made of, of a method that sends statistics.
    public var statistics: StatisticsSum?
    /// What whoever makes it should know.
    public var remarks: [String] = []
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

  /// What lists call what becomes of updates that rules combine.
  public static let average = "average"
  /// What manifests call the rule of a method that makes its models by itself.
  public static let ownReduction = "method"

  /// What they call that of a method that sends statistics.
  public static let exactSum = "sum"

  private static func own(_ rule: String) -> Manifest.Aggregation {
    Manifest.Aggregation(rule: rule, weights: AggregationWeights.uniform.rawValue)
  }

  /// The exact total of a round's updates, to be sent as one.
  /// - Throws: `usage` where the method sends no statistics, or for what only averages obey.
  public func sum(
    of round: FederatedRound, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> StatisticsSum {
    guard case .sum(let method) = try round.method().server else {
      throw FedMedError(
        .usage, "the updates of this method are averaged; only sums can be made in parts")
    }
    return try sum(of: round, method, progress: progress)
  }

  private func sum(
    of round: FederatedRound, _ method: any StatisticsMethod, progress: (Int) -> Void
  ) throws(FedMedError) -> StatisticsSum {
    try requirePlain(hint: "--guard discards updates far from the others")
    return try round.sum(method, progress: progress)
  }

  /// What whoever makes a model of sums should know.
  private static func remarks(
    _ sum: StatisticsSum, _ model: StatisticsModel, _ round: FederatedRound
  ) -> [String] {
    let names = round.updates.first?.manifest.classes ?? []
    var remarks = model.missing.map {
      "class '\(names[$0])' has no training samples at any site, and is never predicted"
    }
    remarks += model.remarks
    // Nothing but a site's word says how many samples it has.
    let (inputs, samples) = (sum.inputs, sum.samples)
    if inputs.count > 1, let large = inputs.first(where: { 10 * $0.samples > 9 * samples }) {
      remarks.append(
        "site '\(large.site)' has \(large.samples) of all \(samples) training samples, by its own count"
      )
    }
    if round.hasModel {
      remarks.append(
        "the new head is at temperature 1; fm-aggregate calibrate fits it to new reports")
    }
    return remarks
  }

  /// - Throws: `usage` for what only averages obey.
  private func requirePlain(hint: String?) throws(FedMedError) {
    guard rule.name == MeanRule.name, weights == .uniform, optimizer == nil else {
      throw FedMedError(
        .usage, "this method makes its models by itself, without a rule, weights or an optimizer",
        hint: hint)
    }
  }

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
    switch try round.method().server {
    case .average: break
    case .sum(let method):
      let sum = try sum(of: round, method, progress: progress)
      let model = try method.model(of: sum.totals)
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
