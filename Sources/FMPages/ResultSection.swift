import FMBase
import FMMetrics
import FMReports

/// The results by site: accuracy with its interval beside the baselines, and all predictors.
struct ResultSection {
  let run: RunReport
  let tests: TestReports

  var html: String {
    HTML.section(
      "results", "Results by site", bySite + byPredictor + calibration + gaps)
  }

  /// Whether a site does better than the most frequent class, and than without the federation.
  private static func finding(_ report: Report) -> String {
    var findings: [String] = []
    if let gain = report.gain(over: Report.majority, .accuracy), gain.lower != nil,
      Verdict.Finding(gain) != .better
    {
      findings.append(
        "\(gain.value > 0 ? "not clearly" : "no") better than the most frequent class")
    }
    if let gain = report.gain(over: Report.alone, .accuracy), gain.lower != nil {
      switch Verdict.Finding(gain) {
      case .better: findings.append("better than alone")
      case .worse: findings.append("worse than alone")
      case .unclear: findings.append("no clear difference to alone")
      }
    }
    return findings.joined(separator: "; ")
  }

  static func row(_ site: SiteReport) -> [HTML.Cell] {
    let report = site.report
    guard let name = report.finalPredictor else {
      return [HTML.Cell(site.site), "\(report.total)"] + [HTML.Cell](repeating: "–", count: 6) + [
        HTML.Cell("", isText: true)
      ]
    }
    return [
      HTML.Cell(site.site), "\(report.total)",
      HTML.Cell(Shown.percent(report.estimate(of: name, .accuracy))),
      HTML.Cell(Shown.percent(report.scores[Report.majority]?.values[.accuracy])),
      HTML.Cell(Shown.percent(report.scores[Report.alone]?.values[.accuracy])),
      HTML.Cell(report.gain(over: Report.alone, .accuracy).map { Shown.points($0) } ?? "–"),
      HTML.Cell(Shown.percent(report.estimate(of: name, .balancedAccuracy))),
      HTML.Cell(Shown.score(report.estimate(of: name, .macroAUC))),
      HTML.Cell(finding(report), isText: true),
    ]
  }

  static let columns = [
    "site", "test images", "accuracy", "most frequent class", "site alone", "gain over alone",
    "balanced accuracy", "AUC", "finding",
  ]

  private var bySite: String {
    let table = HTML.table(
      "The final predictor at each site, with 95 % intervals: accuracy, balanced accuracy and gain "
        + "in percent. A finding is clear if the interval does not contain zero.",
      Self.columns, tests.sites.map(Self.row))
    guard tests.sites.count > SiteSection.maximumFigures else { return table }
    return "<details><summary>All \(tests.sites.count) sites</summary>\(table)</details>\n"
  }

  /// The table of the paper, with additional scores.
  private var byPredictor: String {
    let accuracy = ResultTable(tests, score: .accuracy)
    let others: [Score] = [.macroF1, .logLoss, .calibrationError]
    let columns = others.map { score in
      ResultTable(tests, score: score).rows.map { row in
        let value = row.values.last ?? nil
        return score == .macroF1 ? Shown.percent(value) : Shown.number(value, places: 3)
      }
    }
    // Accuracy does not depend on the temperature.
    let shown = accuracy.predictors.indices.filter { accuracy.predictors[$0] != Report.calibrated }
    let isLarge = accuracy.rows.count > SiteSection.maximumFigures
    let rows = accuracy.rows.enumerated().filter { !isLarge || $1.site == "AVG" }.map {
      index, row in
      [HTML.Cell(row.site), "\(row.samples)"]
        + shown.map { HTML.Cell(Shown.percent(row.values[$0])) }
        + columns.map { HTML.Cell($0[index]) }
    }
    let isCalibrated = shown.count < accuracy.predictors.count
    return HTML.table(
      "Accuracy in percent of each predictor; then, of the "
        + "\(isCalibrated ? "calibrated" : "final") predictions, macro F1 in percent, log loss and "
        + "expected calibration error (ECE). AVG is the mean of the rows above it, Global included.",
      ["site", "test images"]
        + shown.map { Verdict.label(accuracy.predictors[$0], in: run) }
        + ["macro F1", "log loss", "ECE"], rows)
  }

  private var calibration: String {
    guard let after = run.results.pooled, let before = run.results.uncalibrated else { return "" }
    let errors = [before, after].map {
      Shown.number(ReliabilityTable.calibrationError($0.details.reliability), places: 3)
    }
    return HTML.paragraph(
      "Over the test images of all training sites, the expected calibration error is \(errors[0]) "
        + "before and \(errors[1]) after calibration on the sites' validation images.")
  }

  /// Notes on sites whose scores omit classes, or are missing.
  private var gaps: String {
    let partial = tests.sites.filter { $0.report.hiddenClasses > 0 }.map {
      "\($0.site) (\($0.report.hiddenClasses) of \(run.classes.count) classes)"
    }
    let empty = tests.sites.filter { $0.report.total > 0 && !$0.report.hasCounts }.map(\.site)
    let untested = run.members.filter { name in !tests.sites.contains { $0.site == name } }
    return [
      (partial, "Means over classes omit the classes with too few images to report at"),
      (empty, "Too few test images to report:"), (untested, "No test report:"),
    ].map { names, text in
      names.isEmpty ? "" : HTML.note("\(text) \(Shown.names(names)).")
    }.joined()
  }
}
