import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// Makes global models.
struct Aggregate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-aggregate",
    abstract: "Make the initial global model, or aggregate the sites' updates into the next one.",
    usage: """
      fm-aggregate --init (--like FEATURES | --spec JSON) [run options] > MODEL
      fm-aggregate [options] UPDATE ... > MODEL
      fm-aggregate --partial NAME [options] UPDATE ... > UPDATE
      fm-aggregate [--add UPDATE] [--remove UPDATE] [--head NAME] MODEL > MODEL
      fm-aggregate calibrate --model MODEL [options] REPORT ... > MODEL
      fm-aggregate receive ANSWER [options] NAME ...
      fm-aggregate next --rounds N [options] RUN
      fm-aggregate status [options] RUN
      fm-aggregate list WHAT
      fm-aggregate sites | deliver | agree | confirm | unmask ...
      """,
    discussion: """
      The run options are stored in the initial model and apply to every site. Updates are aggregated \
      in the order of their sites' names; they may be compressed. Statistics (--method gaussian) are \
      summed exactly: partial sums give the same model, and sites can be added to or removed from a \
      model that keeps its statistics.
      """,
    version: version(of: "fm-aggregate"),
    subcommands: [
      CalibrateVerb.self, ReceiveVerb.self, NextVerb.self, StatusVerb.self, ListVerb.self,
      SitesVerb.self, DeliverVerb.self, AgreeVerb.self, ConfirmVerb.self, UnmaskVerb.self,
    ])

  @Flag(name: .customLong("init"), help: "Make the initial global model of a run.")
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
      "With --spec: the features of the class texts, as written by fm-extract (text.npy).",
      valueName: "npy"), completion: .file())
  var text: String?

  @Option(
    help: ArgumentHelp(
      "The run's method: \(Methods.all.map(\.name).joined(separator: ", ")) (fedmedclip).",
      valueName: "name"), completion: .list(Methods.all.map(\.name)))
  var method: String?

  @Flag(
    help:
      "With --init: sites may encode their images in different precisions (fm-extract --precision)."
  )
  var allowPrecisionMix = false

  @OptionGroup(title: "Run options, with --init") var run: RunOptions

  @OptionGroup(title: "Statistics") var statistics: StatisticsOptions

  @Option(help: ArgumentHelp("The weight of each update (uniform)."))
  var weights: AggregationWeights?

  @OptionGroup(title: "Rules") var rules: RuleOptions

  @OptionGroup(title: "Provenance") var signatures: SignatureOptions

  @Option(
    help: ArgumentHelp(
      "Write a table of the accepted and refused files, with reasons.", valueName: "file"),
    completion: .file())
  var audit: String?

  @Option(
    help: ArgumentHelp("Exit with 75 if there are fewer updates than this (1).", valueName: "n"))
  var minUpdates: Int?

  @Option(
    help: ArgumentHelp(
      "The best round so far; sites then keep their state of that round.", valueName: "n"))
  var bestRound: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the result to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The sites' updates; - is standard input.", completion: .file())
  var updates: [String] = []

  func execute() throws(FedMedError) {
    let others = [like, spec, text, rules.model, rules.server.state].compactMap { $0 }
    try Output.check(output, inputs: updates + statistics.files + others, isBinary: true)
    try Output.checkDistinct([output ?? "-", rules.server.stateOut, audit])
    if isInit { try initialize() } else { try aggregate() }
  }

  private func aggregate() throws(FedMedError) {
    guard like == nil, spec == nil, text == nil, method == nil, !allowPrecisionMix, run.isServers
    else {
      throw FedMedError(
        .usage,
        "--like, --spec, --text, --method, --allow-precision-mix and the run options require --init",
        hint: "only \(RunOptions.serverOptions) can be changed later, with the same statistics")
    }
    guard !updates.isEmpty else { throw FedMedError(.usage, "no updates given") }
    guard statistics.partial == nil || run.given.isEmpty && bestRound == nil else {
      throw FedMedError(
        .usage, "--partial cannot be combined with --best-round or the run options",
        hint: "a partial sum is an update, not a model")
    }
    if let bestRound, bestRound < 1 {
      throw FedMedError(.usage, "--best-round must be at least 1")
    }
    let least = minUpdates ?? 1
    guard least > 0 else { throw FedMedError(.usage, "--min-updates must be at least 1") }
    let operands = updates + statistics.add
    let streams =
      operands + statistics.remove + [rules.model, rules.server.state].compactMap { $0 }
    guard streams.count(where: { $0 == "-" }) < 2 else {
      throw FedMedError(.usage, "standard input can be read only once")
    }
    let plan = try rules.plan(weights: weights)
    let global = try rules.model.map { path throws(FedMedError) in
      try ModelArchive(model: path)
    }
    let signers = try signatures.allowed()
    guard signers == nil || global != nil && !operands.contains("-") else {
      throw FedMedError(
        .usage, "--allowed-signers requires --model, and updates in files",
        hint: "the model shows whether a signed update is from an earlier round")
    }
    if signers != nil { allowManyFiles() }
    var round: FederatedRound
    if signers == nil && rules.guardFactor == nil {
      do throws(FedMedError) {
        round = try FederatedRound(paths: operands, global: global, isSealed: audit != nil)
      } catch {
        // The audit also names the file that ends the command.
        try writeAudit([], [.init(name: error.file ?? "", error: error)])
        throw error
      }
    } else {
      round = try FederatedRound(
        paths: operands, global: global, isSealed: audit != nil, signers: signers,
        guarding: rules.guardFactor)
    }
    for refusal in round.refusals { messages.report(refusal.error, as: .discarded) }
    guard round.siteCount >= least else {
      try writeAudit([], round.refusals)
      throw FedMedError(
        .tryAgain, "expected updates of at least \(least) sites, found \(round.siteCount)")
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
    let (outcome, state) = try aggregate(round, by: plan, global) { bar.update($0) }
    // The optimizer's state is published first, so that a model never exists without it.
    if let optimization = outcome.optimization, let path = rules.server.stateOut {
      try Output.write(to: path, inputs: inputs, isBinary: true) {
        descriptor, file throws(FedMedError) in
        try optimization.write(
          of: round.inputs, aggregation: outcome.aggregation, tool: Self.signature, to: descriptor,
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
    for remark in outcome.remarks { messages.print("warning: \(remark)") }
    try writeAudit(
      round.updates, round.refusals, model: identity,
      rule: "rule \(outcome.aggregation.rule), weights \(outcome.aggregation.weights)",
      state: state,
      removed: round.removals)
    bar.finish()
    for update in round.updates {
      detail(
        "\(update.name): \(update.isModel ? "a model" : update.site), \(update.samples) samples, \(update.identity)"
      )
    }
  }
}

extension Aggregate {
  /// Raises the limit on open files, because each of possibly thousands of signed updates stays
  /// open. If the system refuses, opening a file fails later, with an error that names it.
  private func allowManyFiles() {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(files, &limit)
  }

  /// Aggregates the updates of a round.
  /// - Returns: the outcome, and the identity of the optimizer's previous state; `nil` if there is
  ///   none.
  private func aggregate(
    _ round: FederatedRound, by plan: AggregationPlan, _ global: ModelArchive?,
    progress: (Int) -> Void
  ) throws(FedMedError) -> (AggregationPlan.Outcome, String?) {
    do throws(FedMedError) {
      let state = try rules.server.read()
      let outcome = try plan.apply(to: round, global: global, state: state, progress: progress)
      return (outcome, state?.identity)
    } catch {
      // An update that is corrupted after its manifest is detected only now.
      let corrupted = round.updates.filter { $0.name == error.file }.map {
        FederatedRound.Refusal(
          name: $0.name, seal: $0.seal, manifest: $0.manifest, identity: $0.identity, error: error)
      }
      try writeAudit([], round.refusals + corrupted)
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
    let inputs = updates + statistics.files + [rules.model, rules.server.state].compactMap { $0 }
    try Output.write(text: records.text(.tsv), to: path, inputs: inputs)
  }
}

extension AggregationWeights: ExpressibleByArgument {}

Aggregate.start()
