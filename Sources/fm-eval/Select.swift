import ArgumentParser
import FMCommand
import FedMed

/// Selects the best round.
struct SelectVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "select",
    abstract: "Find the best round from the sites' validation reports.",
    usage: "fm-eval select [--min-sites N] [options] REPORT ...")

  @Option(
    help: ArgumentHelp(
      "Consider only rounds that at least this number of sites reported on.", valueName: "n"))
  var minSites = 1

  @OptionGroup var reports: ReportOptions

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  mutating func validate() throws {
    guard minSites > 0 else { throw ValidationError("--min-sites must be at least 1") }
  }

  func execute() throws(FedMedError) {
    let selection = try RoundSelection(reports.read(messages), minimumSites: minSites) {
      error throws(FedMedError) in
      try reports.discard(error, messages)
    }
    var records = Records("rounds", columns: ["round", "sites", "accuracy", "best"])
    for score in selection.scores {
      records.add([
        .integer(score.round), .integer(score.sites), .rounded(score.accuracy, places: 6),
        .integer(score.round == selection.best ? 1 : 0),
      ])
    }
    try write(records, text, inputs: reports.reports)
  }
}
