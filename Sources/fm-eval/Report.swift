import ArgumentParser
import FMCommand
import FedMed

/// Summarizes a run.
struct ReportVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Summarize a run of fm-federate in a table or as a web page.",
    usage: "fm-eval report [--html FILE] [options] RUN")

  @Option(
    help: ArgumentHelp("Write a web page with figures to this file.", valueName: "file"),
    completion: .file())
  var html: String?

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The run's folder.", completion: .directory)
  var run: String

  func execute() throws(FedMedError) {
    guard run != "-" else {
      throw FedMedError(.usage, "the run must be a folder, not standard input")
    }
    // With a page, a table is written only on request.
    let writesText = html == nil || text.output != nil
    try Output.checkDistinct([html, writesText ? text.output ?? "-" : nil])
    if !writesText { try text.requireNone() }
    let report = try RunReport(path: run)
    for target in [html, text.output] {
      try Output.check(target, inputs: report.files, isBinary: false)
    }
    if let html { try Output.write(text: RunPage(report).html, to: html, inputs: report.files) }
    if writesText { try write(report.records, text, inputs: report.files) }
  }
}

extension RunReport {
  /// The table of the run: the validation results of each round, then the test results.
  ///
  /// There is a row for each site and predictor, and one for their mean (AVG), which has the
  /// traffic and the time of a round. Test results also have a row for the pooled samples of all
  /// sites except Global (ALL), with the scores that can be computed from the reports. The last
  /// column is the number of classes that a report hides.
  fileprivate var records: Records {
    var records = Records(
      "report",
      columns: ["split", "round", "site", "predictor", "samples", "correct"]
        + Score.allCases.map(\.rawValue) + [
          "bytes_down", "bytes_up", "seconds", "hidden_classes",
        ])
    func add(
      _ split: String, _ round: Int, _ site: String, _ predictor: String,
      _ counts: (samples: Int, correct: Int), _ values: [Score: Double],
      _ traffic: [Traffic] = [], seconds: Double? = nil, hidden: Int = 0
    ) {
      let start: [JSON] = [
        .string(split), .integer(round), .string(site), .string(predictor),
        .integer(counts.samples), .integer(counts.correct),
      ]
      let bytes: [JSON] =
        traffic.isEmpty
        ? [.null, .null]
        : [
          .integer(traffic.reduce(0) { $0 + $1.down }), .integer(traffic.reduce(0) { $0 + $1.up }),
        ]
      records.add(
        start + Score.allCases.map { .rounded(values[$0], places: 6) } + bytes
          + [.rounded(seconds, places: 3), .integer(hidden)])
    }
    let last = predictors.last ?? ""
    for round in rounds {
      let own = traffic.filter { $0.round == round.number }
      var sum = (samples: 0, correct: 0)
      for site in sites {
        guard let counts = round.sites[site] else { continue }
        sum = (sum.samples + counts.total, sum.correct + counts.correct)
        add(
          "validation", round.number, site, last, (counts.total, counts.correct),
          counts.total > 0 ? [.accuracy: Double(counts.correct) / Double(counts.total)] : [:])
      }
      add(
        "validation", round.number, "AVG", last, sum,
        round.accuracy.map { [.accuracy: $0] } ?? [:], own,
        seconds: round.seconds)
    }
    guard let tests = results.tests else { return records }
    let round = tests.sites[0].round
    for site in tests.sites {
      for predictor in site.report.predictors {
        guard let own = site.report.scores[predictor] else { continue }
        add(
          site.report.split, round, site.site, predictor, (site.report.total, own.correct),
          own.values, hidden: site.report.hiddenClasses)
      }
    }
    let tables = Score.allCases.map { ($0, ResultTable(tests, score: $0)) }
    for (column, predictor) in tables[0].1.predictors.enumerated() {
      var values: [Score: Double] = [:]
      for (score, table) in tables { values[score] = table.rows.last?.values[column] }
      let counted = tests.sites.compactMap { site in
        site.report.scores[predictor].map { (site.report.total, $0.correct) }
      }
      add(
        tests.sites[0].report.split, round, "AVG", predictor,
        counted.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }, values)
    }
    let isCalibrated = results.uncalibrated != nil
    for (predictor, pool) in [
      (last, isCalibrated ? results.uncalibrated : results.pooled),
      (Report.calibrated, isCalibrated ? results.pooled : nil),
    ] {
      guard let pool else { continue }
      add(
        tests.sites[0].report.split, round, "ALL", predictor, (pool.samples, pool.correct),
        pool.values, hidden: pool.details.hidden.count)
    }
    return records
  }
}
