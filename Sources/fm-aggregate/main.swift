import ArgumentParser
import FMCommand
import FedMed

struct Aggregate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-aggregate",
    abstract: "Make the global model: the first one, or the next of the sites' updates.",
    usage: """
      fm-aggregate --init (--like FEATURES | --spec JSON) [run options] > MODEL
      fm-aggregate [options] UPDATE ... > MODEL
      """,
    discussion: """
      The run options are written into the first model and obeyed by every site. Updates are added \
      in the order of their sites' names; they may be compressed.
      """,
    version: version(of: "fm-aggregate"))

  @Flag(name: .customLong("init"), help: "Make the first global model of a run.")
  var isInit = false

  @Option(
    help: ArgumentHelp("Take classes and encoder from a feature archive.", valueName: "features"),
    completion: .file())
  var like: String?

  @Option(
    help: ArgumentHelp(
      "Take classes and encoder from JSON, such as a feature archive's manifest.",
      valueName: "json"), completion: .file())
  var spec: String?

  @OptionGroup(title: "Run options, with --init") var run: RunOptions

  @Option(help: ArgumentHelp("How much each update counts: uniform or samples (uniform)."))
  var weights: AggregationWeights?

  @OptionGroup(title: "Rules") var rules: RuleOptions

  @Option(help: "Fewer updates are too few: exit with 75 (1).")
  var minUpdates: Int?

  @Option(help: "The best round by validation so far, for the sites to know.")
  var bestRound: Int?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(help: "The sites' updates; - is standard input.", completion: .file())
  var updates: [String] = []

  func execute() throws(FedMedError) {
    let others = [like, spec, rules.model, rules.serverState].compactMap { $0 }
    try Output.check(output, inputs: updates + others, isBinary: true)
    try Output.checkDistinct([output ?? "-", rules.serverStateOut])
    if isInit { try initialize() } else { try aggregate() }
  }

  private func aggregate() throws(FedMedError) {
    guard like == nil, spec == nil, !run.isGiven else {
      throw FedMedError(.usage, "--like, --spec and the run options go with --init")
    }
    guard !updates.isEmpty else { throw FedMedError(.usage, "no updates") }
    if let bestRound, bestRound < 1 {
      throw FedMedError(.usage, "--best-round must be at least 1")
    }
    let least = minUpdates ?? 1
    guard least > 0 else { throw FedMedError(.usage, "--min-updates must be at least 1") }
    guard (updates + [rules.model, rules.serverState]).filter({ $0 == "-" }).count < 2 else {
      throw FedMedError(.usage, "standard input is one file")
    }
    let rule = try rules.chosen(weights: weights)
    let global = try rules.model.map { path throws(FedMedError) in
      try ModelArchive(model: path)
    }
    let round: FederatedRound
    if let limit = rules.guarding {
      round = try FederatedRound(paths: updates, global: global, guarding: limit)
      for refusal in round.refusals { messages.say("\(refusal.error) (left out)") }
    } else {
      round = try FederatedRound(paths: updates, global: global)
    }
    guard round.updates.count >= least else {
      throw FedMedError(.tryAgain, "\(round.updates.count) updates, there must be \(least)")
    }
    let bar = progress("aggregating", total: round.updates.count)
    var result = try round.combine(
      by: rule, settings: rules.settings(global), weights: weights ?? .uniform,
      progress: { bar.update($0) })
    var aggregation = Manifest.Aggregation(
      rule: rule.name, weights: (weights ?? .uniform).rawValue)
    let inputs = updates + [rules.model, rules.serverState].compactMap { $0 }
    if var optimization = try rules.optimization(global) {
      aggregation.optimizer = rules.optimizer
      result = optimization.step(towards: result)
      // What it remembers is complete before the first byte of the model.
      if let path = rules.serverStateOut {
        try Output.write(to: path, inputs: inputs, isBinary: true) {
          descriptor, file throws(FedMedError) in
          try optimization.write(
            aggregation: aggregation, tool: Self.signature, to: descriptor, file: file)
        }
      }
    }
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try round.write(
        result, aggregation: aggregation, bestRound: bestRound, tool: Self.signature,
        to: descriptor, file: file)
    }
    bar.finish()
    for update in round.updates {
      sayMore("\(update.name): \(update.site), \(update.samples) samples, \(update.identity)")
    }
  }
}

extension AggregationWeights: ExpressibleByArgument {}

Aggregate.start()
