import ArgumentParser
import FMCommand
import FedMed
import Glibc

struct Aggregate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-aggregate",
    abstract: "Make the global model: the first one, or the next of the sites' updates.",
    usage: """
      fm-aggregate --init (--like FEATURES | --spec JSON) [run options] > MODEL
      fm-aggregate [options] UPDATE ... > MODEL
      fm-aggregate --partial NAME [options] UPDATE ... > UPDATE
      fm-aggregate [--add UPDATE] [--remove UPDATE] [--head NAME] MODEL > MODEL
      fm-aggregate calibrate --model MODEL [options] REPORT ... > MODEL
      fm-aggregate receive ANSWER [options] NAME ...
      fm-aggregate next --rounds N [options] RUN
      fm-aggregate list WHAT
      """,
    discussion: """
      The run options are written into the first model and obeyed by every site. Updates are added \
      in the order of their sites' names; they may be compressed. Statistics (--method gaussian) are summed \
      exactly: in parts, and with a site added to or removed from a model that keeps them.
      """,
    version: version(of: "fm-aggregate"),
    subcommands: [
      CalibrateVerb.self, ReceiveVerb.self, NextVerb.self, StatusVerb.self, ListVerb.self,
    ])

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

  @Option(
    help: ArgumentHelp(
      "With --spec: the class texts' features, as fm-extract writes them (text.npy).",
      valueName: "npy"), completion: .file())
  var text: String?

  @Option(
    help: ArgumentHelp(
      "The run's method: \(Methods.all.map(\.name).joined(separator: ", ")) (fedmedclip).",
      valueName: "name"), completion: .list(Methods.all.map(\.name)))
  var method: String?

  @OptionGroup(title: "Run options, with --init") var run: RunOptions

  @OptionGroup(title: "Statistics") var statistics: StatisticsOptions

  @Option(help: ArgumentHelp("How much each update counts: uniform or samples (uniform)."))
  var weights: AggregationWeights?

  @OptionGroup(title: "Rules") var rules: RuleOptions

  @OptionGroup(title: "Provenance") var signatures: SignatureOptions

  @Option(
    help: ArgumentHelp(
      "Write which files were taken or left out, and why, tab-separated.", valueName: "file"),
    completion: .file())
  var audit: String?

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
    let others = [like, spec, text, rules.model, rules.serverState].compactMap { $0 }
    try Output.check(output, inputs: updates + statistics.files + others, isBinary: true)
    try Output.checkDistinct([output ?? "-", rules.serverStateOut, audit])
    if isInit { try initialize() } else { try aggregate() }
  }

  private func aggregate() throws(FedMedError) {
    guard like == nil, spec == nil, text == nil, method == nil, run.isServers else {
      throw FedMedError(
        .usage, "--like, --spec, --text, --method and the run options go with --init",
        hint:
          "without it, only \(RunOptions.serverOptions) make another model of the same statistics")
    }
    guard !updates.isEmpty else { throw FedMedError(.usage, "no updates") }
    guard statistics.partial == nil || run.given.isEmpty && bestRound == nil else {
      throw FedMedError(.usage, "--partial makes an update, no model")
    }
    if let bestRound, bestRound < 1 {
      throw FedMedError(.usage, "--best-round must be at least 1")
    }
    let least = minUpdates ?? 1
    guard least > 0 else { throw FedMedError(.usage, "--min-updates must be at least 1") }
    let operands = updates + statistics.add
    let streams = operands + statistics.remove + [rules.model, rules.serverState].compactMap { $0 }
    guard streams.count(where: { $0 == "-" }) < 2 else {
      throw FedMedError(.usage, "standard input is one file")
    }
    let plan = try rules.plan(weights: weights)
    let global = try rules.model.map { path throws(FedMedError) in
      try ModelArchive(model: path)
    }
    let signers = try signatures.allowed()
    guard signers == nil || global != nil && !operands.contains("-") else {
      throw FedMedError(
        .usage, "--allowed-signers needs --model, and updates that are files",
        hint: "an old update is signed too; by the model it is found out")
    }
    if signers != nil { allowManyFiles() }
    var round: FederatedRound
    if signers == nil && rules.guarding == nil {
      do throws(FedMedError) {
        round = try FederatedRound(paths: operands, global: global, isSealed: audit != nil)
      } catch {
        // The one that ends the command is written down too.
        try writeAudit([], [.init(name: error.file ?? "", error: error)])
        throw error
      }
    } else {
      round = try FederatedRound(
        paths: operands, global: global, isSealed: audit != nil, signers: signers,
        guarding: rules.guarding)
    }
    for refusal in round.refusals { messages.leaveOut(refusal.error) }
    guard round.siteCount >= least else {
      try writeAudit([], round.refusals)
      throw FedMedError(.tryAgain, "\(round.siteCount) updates, there must be \(least)")
    }
    try statistics.apply(to: &round)
    try round.change(run.given)
    let bar = progress("aggregating", total: round.updates.count)
    let inputs = streams
    if let region = statistics.partial {
      let sum = try plan.sum(of: round) { bar.update($0) }
      var identity = ""
      try Output.write(to: output, inputs: inputs, isBinary: true) {
        descriptor, file throws(FedMedError) in
        identity = try round.write(
          sum, name: region, tool: Self.signature, to: descriptor, file: file)
      }
      try writeAudit(
        round.updates, round.refusals, model: identity, rule: "partial \(region)",
        removed: round.removals)
      return bar.finish()
    }
    let (outcome, state) = try made(of: round, by: plan, global) { bar.update($0) }
    // What is remembered is complete before the first byte of the model.
    if let optimization = outcome.optimization, let path = rules.serverStateOut {
      try Output.write(to: path, inputs: inputs, isBinary: true) {
        descriptor, file throws(FedMedError) in
        try optimization.write(
          of: round, aggregation: outcome.aggregation, tool: Self.signature, to: descriptor,
          file: file)
      }
    }
    var identity = ""
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      identity = try round.write(
        outcome, bestRound: bestRound, keepsStatistics: statistics.keepStatistics,
        tool: Self.signature, to: descriptor, file: file)
    }
    for remark in outcome.remarks { messages.say("warning: \(remark)") }
    try writeAudit(
      round.updates, round.refusals, model: identity,
      rule: "rule \(outcome.aggregation.rule), weights \(outcome.aggregation.weights)",
      state: state,
      removed: round.removals)
    bar.finish()
    for update in round.updates {
      sayMore(
        "\(update.name): \(update.isModel ? "a model" : update.site), \(update.samples) samples, \(update.identity)"
      )
    }
  }
}

extension Aggregate {
  /// What is signed is kept open, thousands of updates at a time; where the system does not let us, the
  /// file that is one too many is named.
  private func allowManyFiles() {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(files, &limit)
  }

  /// What the plan makes of the updates, and the identity of what its optimiser remembered.
  private func made(
    of round: FederatedRound, by plan: AggregationPlan, _ global: ModelArchive?,
    progress: (Int) -> Void
  ) throws(FedMedError) -> (AggregationPlan.Outcome, String?) {
    do throws(FedMedError) {
      let state = try rules.state()
      let outcome = try plan.apply(to: round, global: global, state: state, progress: progress)
      return (outcome, state?.identity)
    } catch {
      // What is broken behind its manifest is found only now.
      let broken = round.updates.filter { $0.name == error.file }.map {
        FederatedRound.Refusal(
          name: $0.name, seal: $0.seal, manifest: $0.manifest, identity: $0.identity, error: error)
      }
      try writeAudit([], round.refusals + broken)
      throw error
    }
  }

  private func writeAudit(
    _ accepted: [FederatedRound.Update], _ refused: [FederatedRound.Refusal], model: String? = nil,
    rule: String = "", state: String? = nil, removed: [FederatedRound.Update] = []
  ) throws(FedMedError) {
    guard let path = audit else { return }
    var audit = RoundAudit()
    if let model {
      var settings = [rule]
      settings += run.given.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }
      settings += rules.given.map { "\($0.name) \($0.value)" }
      settings += state.map { ["server-state \($0)"] } ?? []
      settings += bestRound.map { ["best-round \($0)"] } ?? []
      audit.add(model: model, of: accepted, settings: settings)
    }
    for update in accepted { audit.add(accepted: update) }
    for update in removed { audit.add(removed: update) }
    for refusal in refused { audit.add(refused: refusal) }
    var records = Records("audit", columns: RoundAudit.columns)
    for row in audit.rows { records.add(row) }
    let inputs = updates + statistics.files + [rules.model, rules.serverState].compactMap { $0 }
    try Output.write(text: records.text(.tsv), to: path, inputs: inputs)
  }
}

extension AggregationWeights: ExpressibleByArgument {}

Aggregate.start()
