import ArgumentParser
import FMCommand
import FedMed

/// Prints the table of several test reports.
struct TableVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Combine test reports into one table of sites, Global and AVG.",
    usage: "fm-eval table [--metric NAME] [options] REPORT ...")

  @Option(
    help: ArgumentHelp(
      "Print this score.",
      valueName: "name"))
  var metric = Score.accuracy

  @OptionGroup var reports: ReportOptions

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  func execute() throws(FedMedError) {
    let tests = try TestReports(reports.read(messages)) { error throws(FedMedError) in
      try reports.discard(error, messages)
    }
    try write(ResultTable(tests, score: metric).records(metric), text, inputs: reports.reports)
  }
}

extension ResultTable {
  /// The rows of the table, in percent if the score is a share.
  fileprivate func records(_ score: Score) -> Records {
    // Nothing else shows that a mean over classes lacks some of them.
    let marksGaps = score.isMeanOverClasses && rows.contains { $0.hiddenClasses > 0 }
    let isPrivate = rows.contains { $0.epsilon != nil }
    var records = Records(
      "table",
      columns: ["site", "samples"] + predictors
        + (marksGaps ? ["hidden_classes"] : []) + (isPrivate ? ["epsilon"] : []))
    for row in rows {
      let values = row.values.map { value in
        score.isShare
          ? JSON.rounded(value.map { 100 * $0 }, places: 2) : JSON.rounded(value, places: 4)
      }
      records.add(
        [.string(row.site), .integer(row.samples)] + values
          + (marksGaps ? [.integer(row.hiddenClasses)] : [])
          + (isPrivate ? [.rounded(row.epsilon, places: 4)] : []))
    }
    return records
  }
}
