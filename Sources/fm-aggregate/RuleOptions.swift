import ArgumentParser
import FedMed

/// The options for the aggregation of updates.
struct RuleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The aggregation rule: \(AggregationRules.all.map { $0.name }.joined(separator: ", ")) (mean).",
      valueName: "name"), completion: .list(AggregationRules.all.map { $0.name }))
  var rule: String?

  @Option(
    help: ArgumentHelp(
      "With krum, multi-krum and bulyan: the number of malicious updates to tolerate (1).",
      valueName: "n"))
  var malicious: Int?

  @Option(
    help: ArgumentHelp(
      "With multi-krum: the number of updates to keep (all but the number of malicious ones).",
      valueName: "n"))
  var keep: Int?

  @Option(
    help: ArgumentHelp(
      "With trimmed-mean: the share of values to discard at each end (0.2).", valueName: "share"))
  var trim: Double?

  @Option(
    help:
      "With clipped-mean: scale differences from the model down to at most this norm (the median of the norms)."
  )
  var largestNorm: Double?

  @Option(
    name: .customLong("guard"),
    help: ArgumentHelp(
      "Discard updates that are invalid, or farther from the others than this factor times the median distance.",
      valueName: "factor"))
  var guardFactor: Double?

  @Option(
    help: ArgumentHelp(
      "The global model that the updates must have been trained from.", valueName: "file"),
    completion: .file())
  var model: String?

  @OptionGroup var server: OptimizerOptions

  var isGiven: Bool {
    let aggregation: [Any?] = [
      rule, malicious, keep, trim, largestNorm, guardFactor, model,
    ]
    return aggregation.contains { $0 != nil } || server.isGiven
  }

  mutating func validate() throws {
    if let malicious, !(0...1_000_000).contains(malicious) {
      throw ValidationError("--malicious must be between 0 and 1000000")
    }
    if let guardFactor, !(1...1e6).contains(guardFactor) {
      throw ValidationError("--guard must be between 1 and 1000000")
    }
    if server.optimizer != nil && model == nil {
      throw ValidationError("--optimizer requires --model")
    }
  }

  /// The aggregation with these options.
  /// - Throws: `usage` if the rule or the optimizer is unknown, or a setting has no effect with the
  ///   rule.
  func plan(weights: AggregationWeights?) throws(FedMedError) -> AggregationPlan {
    var plan = AggregationPlan()
    let ruleName = rule ?? MeanRule.name
    guard let type = AggregationRules.all.first(where: { $0.name == ruleName }) else {
      let known = AggregationRules.all.map { $0.name }.joined(separator: ", ")
      throw FedMedError(.usage, "unknown rule '\(printable(ruleName))' (known: \(known))")
    }
    for (isGiven, option, setting) in [
      (malicious != nil, "--malicious", AggregationSettings.Name.malicious),
      (keep != nil, "--keep", .kept), (trim != nil, "--trim", .trimmed),
      (largestNorm != nil, "--largest-norm", .largestNorm),
      (weights != nil && weights != .uniform, "--weights", .weights),
    ] where isGiven && !type.settings.contains(setting) {
      throw FedMedError(.usage, "\(option) has no effect with --rule \(ruleName)")
    }
    plan.rule = type
    plan.weights = weights ?? .uniform
    plan.settings.malicious = malicious ?? plan.settings.malicious
    plan.settings.kept = keep
    plan.settings.trimmed = trim ?? plan.settings.trimmed
    plan.settings.largestNorm = largestNorm
    try server.apply(to: &plan)
    return plan
  }

  /// The options that were given, except the rule and the files, with their values.
  var given: [(name: String, value: String)] {
    let all: [(String, (any CustomStringConvertible)?)] = [
      ("malicious", malicious), ("keep", keep), ("trim", trim), ("largest-norm", largestNorm),
      ("guard", guardFactor), ("optimizer", server.optimizer),
      ("server-learning-rate", server.learningRate),
    ]
    return all.compactMap { name, value in value.map { (name, "\($0)") } }
  }
}

/// The options for the server's optimizer.
struct OptimizerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Apply the aggregate to the model with this optimizer: \(ServerOptimizers.all.map { $0.name }.joined(separator: ", ")) (none).",
      valueName: "name"), completion: .list(ServerOptimizers.all.map { $0.name }))
  var optimizer: String?

  @Option(
    name: .customLong("server-learning-rate"),
    help: ArgumentHelp(
      "The optimizer's learning rate (1 with fedavgm, 0.001 with the others).", valueName: "x"))
  var learningRate: Double?

  @Option(
    name: .customLong("server-state"),
    help: ArgumentHelp(
      "The optimizer's state after the previous round (empty).", valueName: "file"),
    completion: .file())
  var state: String?

  @Option(
    name: .customLong("server-state-out"),
    help: ArgumentHelp("Write the optimizer's new state to this file.", valueName: "file"),
    completion: .file())
  var stateOut: String?

  var isGiven: Bool {
    optimizer != nil || learningRate != nil || state != nil || stateOut != nil
  }

  mutating func validate() throws {
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ValidationError("--server-learning-rate must be above 0")
    }
    if optimizer == nil && isGiven {
      throw ValidationError(
        "--server-learning-rate, --server-state and --server-state-out require --optimizer")
    }
  }

  /// Adds the optimizer to a plan.
  /// - Throws: `usage` if it is unknown.
  func apply(to plan: inout AggregationPlan) throws(FedMedError) {
    guard let optimizer else { return }
    guard let type = ServerOptimizers.all.first(where: { $0.name == optimizer }) else {
      let known = ServerOptimizers.all.map { $0.name }.joined(separator: ", ")
      throw FedMedError(.usage, "unknown optimizer '\(printable(optimizer))' (known: \(known))")
    }
    (plan.optimizer, plan.learningRate) = (type, learningRate)
  }

  /// Reads the state of the optimizer; `nil` if none is given.
  func read() throws(FedMedError) -> ServerState? {
    try state.map { path throws(FedMedError) in try ServerState(path: path) }
  }
}
