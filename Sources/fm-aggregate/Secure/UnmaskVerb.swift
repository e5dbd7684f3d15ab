import ArgumentParser
import FMCommand
import FedMed

/// Unmasks the sum of a round, and makes the next model of it.
struct UnmaskVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "unmask",
    abstract: "Unmask the sum of the masked updates of a round, and make the next model of it.",
    usage: """
      fm-aggregate unmask --sites SITES --agreement FILE --model MODEL --revealed FILE ... [options] \
      MASKED ... > MODEL
      """,
    discussion: """
      The sum is exactly that of the updates before they were masked. A wrong share gives an error, \
      never a wrong sum. Exits with 75 if fewer sites than the threshold have revealed shares.
      """)

  @OptionGroup var list: SitesOptions

  @Option(
    help: ArgumentHelp("The agreement of the round.", valueName: "file"), completion: .file())
  var agreement: String

  @Option(
    help: ArgumentHelp("The model from which the updates started.", valueName: "file"),
    completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("The shares that a site revealed; repeated.", valueName: "file"),
    completion: .file())
  var revealed: [String] = []

  @OptionGroup var server: OptimizerOptions

  @Option(
    help: ArgumentHelp("Write a table of the model and its updates.", valueName: "file"),
    completion: .file())
  var audit: String?

  @Option(
    help: ArgumentHelp(
      "The best round so far; sites then keep their state of that round.", valueName: "n"))
  var bestRound: Int?

  @OptionGroup var result: ResultOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The masked updates.", completion: .file())
  var masked: [String] = []

  func execute() throws(FedMedError) {
    let inputs = masked + revealed + [agreement, model]
    try Output.check(result.output, inputs: inputs, isBinary: true)
    try Output.checkDistinct([result.output ?? "-", server.stateOut, audit])
    let key = try result.signing.key()
    let (sites, global) = (try list.read(), try ModelArchive(model: model))
    var sum = try SecureSum(
      masked, agreement: SecureAgreement(path: agreement, sites: sites), sites: sites,
      model: global)
    for path in revealed { try sum.reveal(path: path) }
    var plan = AggregationPlan()
    try server.apply(to: &plan)
    let state = try server.read()
    let (outcome, samples) = try sum.outcome(plan, state: state)
    if let optimization = outcome.optimization, let path = server.stateOut {
      try Output.write(to: path, inputs: inputs, isBinary: true) {
        descriptor, file throws(FedMedError) in
        try optimization.write(
          of: sum.inputs, aggregation: outcome.aggregation, tool: Self.signature, to: descriptor,
          file: file)
      }
    }
    var identity = ""
    try Output.write(to: result.output, inputs: inputs, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      identity = try sum.write(
        outcome, samples: samples, bestRound: bestRound, tool: Self.signature, to: descriptor,
        file: file)
    }
    for remark in outcome.remarks { messages.print("warning: \(remark)") }
    guard let audit else { return }
    var rows = RoundAudit()
    let settings =
      [
        "rule \(outcome.aggregation.rule), weights \(outcome.aggregation.weights), secure"
      ] + (server.optimizer.map { ["optimizer \($0)"] } ?? [])
      + (server.learningRate.map { ["server-learning-rate \($0)"] } ?? [])
      + (state.map { ["server-state \($0.identity)"] } ?? [])
      + (bestRound.map { ["best-round \($0)"] } ?? [])
    rows.add(
      model: identity, round: global.round + 1, samples: samples, parent: global.identity,
      settings: settings)
    for path in masked { try rows.add(masked: path, of: sum.inputs) }
    var records = Records("audit", columns: RoundAudit.columns)
    for row in rows.rows { records.add(row) }
    try Output.write(text: records.text(.tsv), to: audit, inputs: inputs)
  }
}
