import ArgumentParser
import FedMed

/// How updates become a model.
struct RuleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How one is made of them: \(AggregationRules.all.map { $0.name }.joined(separator: ", ")) (mean).",
      valueName: "name"), completion: .list(AggregationRules.all.map { $0.name }))
  var rule: String?

  @Option(help: "Of krum, multi-krum and bulyan: how many updates may be malicious (1).")
  var malicious: Int?

  @Option(help: "Of multi-krum: how many updates it keeps (all but the malicious ones).")
  var keep: Int?

  @Option(help: "Of trimmed-mean: the share that is left out at each end (0.2).")
  var trim: Double?

  @Option(
    help: "Of clipped-mean: the largest norm of an update's difference (the median of the norms).")
  var largestNorm: Double?

  @Option(
    name: .customLong("guard"),
    help: ArgumentHelp(
      "Leave out updates that are broken, do not belong, or are so many times as far from the others as the middle one.",
      valueName: "factor"))
  var guarding: Double?

  @Option(
    help: ArgumentHelp(
      "The global model that the updates must have started from.", valueName: "file"),
    completion: .file())
  var model: String?

  @Option(
    help: ArgumentHelp(
      "What the server makes of their difference from the model: \(ServerOptimizers.all.map { $0.name }.joined(separator: ", ")).",
      valueName: "name"), completion: .list(ServerOptimizers.all.map { $0.name }))
  var optimizer: String?

  @Option(help: "Of the optimizer (1 of fedavgm, 0.001 of the others).")
  var serverLearningRate: Double?

  @Option(
    help: ArgumentHelp(
      "What the optimizer remembered with the model; without it, nothing.", valueName: "file"),
    completion: .file())
  var serverState: String?

  @Option(
    help: ArgumentHelp("Where to write what it remembers now.", valueName: "file"),
    completion: .file())
  var serverStateOut: String?

  var isGiven: Bool {
    let whole: [Any?] = [rule, malicious, keep, trim, largestNorm, guarding, model, optimizer]
    let others: [Any?] = [serverLearningRate, serverState, serverStateOut]
    return (whole + others).contains { $0 != nil }
  }

  mutating func validate() throws {
    if let malicious, !(0...1_000_000).contains(malicious) {
      throw ValidationError("--malicious must be at least 0, and at most a million")
    }
    if let guarding, !(1...1e6).contains(guarding) {
      throw ValidationError("--guard must be at least 1")
    }
    if let rate = serverLearningRate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--server-learning-rate must be above 0")
    }
    if optimizer == nil
      && (serverLearningRate != nil || serverState != nil || serverStateOut != nil)
    {
      throw ValidationError(
        "--server-learning-rate, --server-state and --server-state-out go with --optimizer")
    }
    if optimizer != nil && model == nil { throw ValidationError("--optimizer needs --model") }
  }

  /// - Throws: `usage` for a rule or an optimiser that is none, or settings that the rule does not obey.
  func plan(weights: AggregationWeights?) throws(FedMedError) -> AggregationPlan {
    var plan = AggregationPlan()
    let wanted = rule ?? MeanRule.name
    guard let type = AggregationRules.all.first(where: { $0.name == wanted }) else {
      throw FedMedError(
        .usage, "unknown rule '\(wanted)'",
        hint: "the rules are \(AggregationRules.all.map { $0.name }.joined(separator: ", "))")
    }
    for (isGiven, option, setting) in [
      (malicious != nil, "--malicious", AggregationSettings.Name.malicious),
      (keep != nil, "--keep", .kept), (trim != nil, "--trim", .trimmed),
      (largestNorm != nil, "--largest-norm", .largestNorm),
      (weights != nil && weights != .uniform, "--weights", .weights),
    ] where isGiven && !type.settings.contains(setting) {
      throw FedMedError(.usage, "\(option) is not obeyed by \(wanted)")
    }
    plan.rule = type
    plan.weights = weights ?? .uniform
    plan.settings.malicious = malicious ?? plan.settings.malicious
    plan.settings.kept = keep
    plan.settings.trimmed = trim ?? plan.settings.trimmed
    plan.settings.largestNorm = largestNorm
    if let optimizer {
      guard let type = ServerOptimizers.all.first(where: { $0.name == optimizer }) else {
        throw FedMedError(.usage, "unknown optimizer '\(optimizer)'")
      }
      (plan.optimizer, plan.learningRate) = (type, serverLearningRate)
    }
    return plan
  }

  /// What was given beside the rule itself.
  var given: [(name: String, value: String)] {
    let all: [(String, (any CustomStringConvertible)?)] = [
      ("malicious", malicious), ("keep", keep), ("trim", trim), ("largest-norm", largestNorm),
      ("guard", guarding), ("optimizer", optimizer), ("server-learning-rate", serverLearningRate),
    ]
    return all.compactMap { name, value in value.map { (name, "\($0)") } }
  }

  func state() throws(FedMedError) -> ServerState? {
    try serverState.map { path throws(FedMedError) in try ServerState(path: path) }
  }
}
