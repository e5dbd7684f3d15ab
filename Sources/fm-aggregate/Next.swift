import ArgumentParser
import FMCommand
import FedMed

/// Prints the next task of a run, for the scripts that call the tools.
struct NextVerb: Tool {
  static let configuration = CommandConfiguration(
    commandName: "next",
    abstract: "Print the next task of a run of fm-federate, and the sites that are missing.",
    usage: "fm-aggregate next --rounds N [options] RUN",
    discussion: """
      One row per fact: task (start, train, report, test or done), round (that of the newest model), \
      best (the best round, with --min-sites), and for each missing answer update, report or test, \
      with the site's name.
      """)
  static let name = "fm-aggregate"

  @Option(help: ArgumentHelp("The number of rounds of the run.", valueName: "n"))
  var rounds: Int

  @Option(
    help: ArgumentHelp(
      "Print the best round too, among those with at least this number of reports.", valueName: "n")
  )
  var minSites: Int?

  @Option(
    help: ArgumentHelp(
      "With --min-sites: write a table of the validated rounds, with the sites that answered and those that did not.",
      valueName: "file"), completion: .file())
  var roundsOut: String?

  @Option(
    help: ArgumentHelp(
      "Write a table of the training losses in the run's logs, if any: site, round, epoch, and a column per loss.",
      valueName: "file"), completion: .file())
  var lossesOut: String?

  @Option(
    help: ArgumentHelp(
      "Write a table of the bytes that each site received and sent in each round.",
      valueName: "file"),
    completion: .file())
  var trafficOut: String?

  @OptionGroup var signatures: SignatureOptions

  @OptionGroup var table: TableOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The run's folder.", completion: .directory)
  var run: String

  mutating func validate() throws {
    guard rounds > 0, minSites ?? 1 > 0 else {
      throw ValidationError("--rounds and --min-sites must be at least 1")
    }
    guard minSites != nil || roundsOut == nil && signatures.allowedSigners == nil else {
      throw ValidationError("--rounds-out and --allowed-signers require --min-sites")
    }
  }

  func execute() throws(FedMedError) {
    let progress = try RunProgress(
      path: run, rounds: rounds, minimumSites: minSites, signers: try signatures.allowed(),
      discard: { messages.report($0, as: .discarded) })
    if let roundsOut, !progress.rounds.isEmpty {
      try Output.write(text: Self.roundTable(progress).text(.tsv), to: roundsOut)
    }
    if let lossesOut {
      let losses = try RunLosses(path: run, upTo: rounds)
      if !losses.rows.isEmpty {
        let lines = ([losses.columns] + losses.rows).map { $0.joined(separator: "\t") + "\n" }
        try Output.write(text: lines.joined(), to: lossesOut)
      }
    }
    if let trafficOut {
      try Output.write(
        text: Self.trafficTable(progress.traffic(in: run)).text(.tsv), to: trafficOut)
    }
    var records = Records("facts", columns: ["fact", "value"])
    func add(_ fact: String, _ value: JSON) { records.add([.string(fact), value]) }
    add("task", .string(progress.task.rawValue))
    add("round", .integer(progress.round))
    if let best = progress.best { add("best", .integer(best)) }
    for name in progress.missingReports { add("report", .string(name)) }
    for name in progress.missingUpdates { add("update", .string(name)) }
    for name in progress.missingTests { add("test", .string(name)) }
    try records.write(to: nil, table, messages: verbosity.quiet ? nil : messages)
  }

  private static func trafficTable(_ traffic: RunTraffic) -> Records {
    var records = Records("traffic", columns: ["round", "site", "bytes_down", "bytes_up"])
    for entry in traffic.entries {
      records.add([
        .integer(entry.round), .string(entry.site), .integer(entry.down), .integer(entry.up),
      ])
    }
    return records
  }

  private static func roundTable(_ progress: RunProgress) -> Records {
    var records = Records(
      "rounds", columns: ["round", "sites", "accuracy", "best", "answered", "missed"])
    for round in progress.rounds {
      records.add([
        .integer(round.score.round), .integer(round.score.sites),
        .rounded(round.score.accuracy, places: 6), .integer(round.isBest ? 1 : 0),
        .string(round.answered.joined(separator: ", ")),
        round.missed.isEmpty ? .null : .string(round.missed.joined(separator: ", ")),
      ])
    }
    return records
  }
}
