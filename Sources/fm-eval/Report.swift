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

  @Option(
    help: ArgumentHelp(
      "Write a model card in Markdown to this file.", valueName: "file"),
    completion: .file())
  var card: String?

  @Option(
    help: ArgumentHelp(
      "Compare with this run: on the page, or as the table.", valueName: "run"),
    completion: .directory)
  var against: String?

  @Option(help: ArgumentHelp("Title of the page and the card (the run's name).", valueName: "text"))
  var title: String?

  @Option(
    help: ArgumentHelp(
      "Intended use of the model, for the card (none is stated).", valueName: "text"))
  var intendedUse: String?

  @Option(
    help: ArgumentHelp("License of the model, for the card (none is stated).", valueName: "text"))
  var license: String?

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The run's folder.", completion: .directory)
  var run: String

  mutating func validate() throws {
    let describes = title ?? intendedUse ?? license
    guard describes == nil || html != nil || card != nil else {
      throw ValidationError("--title, --intended-use and --license require --html or --card")
    }
    guard ![title, intendedUse, license].contains("") else {
      throw ValidationError("--title, --intended-use and --license must not be empty")
    }
    guard against == nil || html != nil || card == nil || text.output != nil else {
      throw ValidationError("--against has no effect on --card")
    }
  }

  func execute() throws(FedMedError) {
    for folder in [run, against ?? run] where folder == "-" || folder.isEmpty {
      throw FedMedError(.usage, "a run must be a folder, not standard input")
    }
    // With a page or a card, a table is written only on request.
    let writesText = html == nil && card == nil || text.output != nil
    try Output.checkDistinct([html, card, writesText ? text.output ?? "-" : nil])
    if !writesText { try text.requireNone() }
    let report = try RunReport(path: run)
    let other = try against.map { path throws(FedMedError) in try RunReport(path: path) }
    let inputs = report.files + (other?.files ?? [])
    // The card takes the place of the one that fm-federate has written.
    let others = inputs.filter { $0 != report.cardPath }
    for target in [html, text.output] {
      try Output.check(target, inputs: inputs, isBinary: false)
    }
    try Output.check(card, inputs: others, isBinary: false)
    let statements = ModelCard.Statements(
      title: title, intendedUse: intendedUse, license: license)
    if let html {
      let page = try RunPage(
        report, against: other, statements: statements, tool: Self.signature)
      try Output.write(text: page.html, to: html, inputs: inputs)
    }
    if let card {
      try Output.write(text: ModelCard(report, statements).markdown, to: card, inputs: others)
    }
    guard writesText else { return }
    let records =
      try other.map { other throws(FedMedError) in try RunComparison(report, other).records }
      ?? report.records
    try write(records, text, inputs: inputs)
  }
}

extension RunComparison {
  /// The table of the comparison: the main scores of both runs' final predictors by site, and AVG,
  /// the mean of the rows above it.
  fileprivate var records: Records {
    var records = Records(
      "comparison",
      columns: ["site", "metric", "first", "second", "difference", "lower", "upper", "paired"])
    for score in ScoreDraws.scores {
      let mean = mean(score).map { [$0] } ?? []
      for entry in entries(score) + mean {
        let values = [
          entry.first.value, entry.second.value, entry.difference.value, entry.difference.lower,
          entry.difference.upper,
        ]
        records.add(
          [.string(entry.site), .string(score.rawValue)]
            + values.map { .rounded($0, places: 6) } + [.integer(entry.isPaired ? 1 : 0)])
      }
    }
    return records
  }
}

extension RunReport {
  /// The table of the run: the validation results of each round, then the test results.
  ///
  /// There is a row for each site and predictor, and one for their mean (AVG), which has the
  /// traffic and the time of a round. Test results also have a row for the pooled samples of all
  /// sites except Global (ALL), with the scores that can be computed from the reports. The last
  /// columns are the number of classes that a report hides, and the intervals of the main scores.
  fileprivate var records: Records {
    var records = Records(
      "report",
      columns: ["split", "round", "site", "predictor", "samples", "correct"]
        + Score.allCases.map(\.rawValue) + [
          "bytes_down", "bytes_up", "seconds", "hidden_classes",
        ] + ScoreDraws.scores.flatMap { ["\($0.rawValue)_lower", "\($0.rawValue)_upper"] })
    func add(
      _ split: String, _ round: Int, _ site: String, _ predictor: String,
      _ counts: (samples: Int, correct: Int), _ values: [Score: Double],
      _ traffic: [Traffic] = [], seconds: Double? = nil, hidden: Int = 0,
      interval: (Score) -> Estimate? = { _ in nil }
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
          + [.rounded(seconds, places: 3), .integer(hidden)]
          + ScoreDraws.scores.flatMap { score in
            let own = interval(score)
            return [own?.lower, own?.upper].map { JSON.rounded($0, places: 6) }
          })
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
          own.values.filter { site.report.isDefined($0.key) },
          hidden: site.report.hiddenClasses,
          interval: { site.report.estimate(of: predictor, $0) })
      }
    }
    let means = MeanScores(tests.sites.map(\.report))
    let tables = Score.allCases.map { ($0, ResultTable(tests, score: $0)) }
    for (column, predictor) in tables[0].1.predictors.enumerated() {
      var values: [Score: Double] = [:]
      for (score, table) in tables { values[score] = table.rows.last?.values[column] }
      let counted = tests.sites.compactMap { site in
        site.report.scores[predictor].map { (site.report.total, $0.correct) }
      }
      add(
        tests.sites[0].report.split, round, "AVG", predictor,
        counted.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }, values,
        interval: { means.mean(of: predictor, $0)?.estimate })
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
