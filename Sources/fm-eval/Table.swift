import ArgumentParser
import FMCommand
import FedMed

struct TableVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Make one table of several test reports: sites, Global, and AVG.",
    usage: "fm-eval table [--metric NAME] [options] REPORT ...")

  @Option(
    help: ArgumentHelp(
      "The score: \(Score.allCases.map(\.rawValue).joined(separator: ", ")) (accuracy).",
      valueName: "name"))
  var metric = Score.accuracy

  @OptionGroup var reports: ReportOptions

  @OptionGroup var text: TextOptions

  @OptionGroup var talk: TalkOptions

  func execute() throws(FedMedError) {
    let tests = try TestReports(reports.read(messages)) { error throws(FedMedError) in
      try reports.leaveOut(error, messages)
    }
    try write(ResultTable(tests, score: metric).records(metric), text, inputs: reports.reports)
  }
}

extension ResultTable {
  /// In percent where the score is a share.
  fileprivate func records(_ score: Score) -> Records {
    // A mean over classes does not say by itself that some are missing.
    let marksGaps = score.isMeanOverClasses && rows.contains { $0.hiddenClasses > 0 }
    var records = Records(
      "table",
      columns: ["site", "samples"] + predictors
        + (marksGaps ? ["hidden_classes"] : []))
    for row in rows {
      let values = row.values.map { value in
        score.isShare
          ? JSON.rounded(value.map { 100 * $0 }, places: 2) : JSON.rounded(value, places: 4)
      }
      records.add(
        [.string(row.site), .integer(row.samples)] + values
          + (marksGaps ? [.integer(row.hiddenClasses)] : []))
    }
    return records
  }
}
