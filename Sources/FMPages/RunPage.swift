import FMBase
import FMMethods
import FMMetrics
import FMReports

/// A report of a run as a self-contained HTML page without scripts: scores, figures and
/// explanations for clinicians.
public struct RunPage {
  private let run: RunReport

  /// Creates a page of a run.
  public init(_ run: RunReport) { self.run = run }

  /// The most sites with figures of their own.
  private static let maximumSites = 24

  /// The page.
  public var html: String {
    let title = "Federated run “\(run.name)”"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(HTML.escape(title))</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      <h1>\(HTML.escape(title))</h1>
      \(summary)
      \(table)
      \(missed)
      \(learning)
      \(pictures)
      \(cost)
      \(origin)
      </main>
      </body>
      </html>

      """
  }

  private static func note(_ sites: Int) -> String {
    sites > maximumSites
      ? "<p class=\"note\">Only the first \(maximumSites) of \(sites) sites are shown.</p>\n" : ""
  }

  private var classes: [String] { run.classes }
  private var best: RunReport.Round? { run.rounds.first(where: \.isBest) }

  private var summary: String {
    guard run.model.privacy == nil || !run.rounds.isEmpty else {
      return
        "<p>The model of the last round is used: with differential privacy, sites do not report "
        + "on validation samples.</p>"
    }
    guard !run.rounds.isEmpty else {
      return "<p>The run has begun; no round has been validated yet.</p>"
    }
    var text =
      "\(run.sites.count) sites trained a model of \(classes.count) classes with "
      + "\(run.model.run.method), without sharing an image. "
    text += "\(run.rounds.count) rounds were validated"
    if let best, best.accuracy != nil {
      text +=
        "; round \(best.number) was best, with a mean validation accuracy of "
        + "\(HTML.percent(best.accuracy)) %"
    }
    text += "."
    if run.results.tests == nil { text += " The run has not been tested yet." }
    return "<p>\(HTML.escape(text))</p>"
  }

  /// The table of the paper, with additional scores of clinical interest.
  private var table: String {
    guard let tests = run.results.tests else { return "" }
    let accuracy = ResultTable(tests, score: .accuracy)
    let others: [Score] = [
      .balancedAccuracy, .macroF1, .macroAUC, .logLoss, .calibrationError,
    ]
    let columns = others.map { score in
      let table = ResultTable(tests, score: score)
      return table.rows.map { row in
        let value = row.values.last ?? nil
        return score.isShare && score != .calibrationError && score != .macroAUC
          ? HTML.percent(value) : HTML.number(value, places: 3)
      }
    }
    // Accuracy does not depend on the temperature.
    let shown = accuracy.predictors.filter { $0 != Report.calibrated }
    let rows = accuracy.rows.enumerated().map { index, row in
      [row.site, "\(row.samples)"]
        + shown.indices.map { HTML.percent(row.values[$0]) } + columns.map { $0[index] }
    }
    let isCalibrated = shown.count < accuracy.predictors.count
    let last = run.predictors.last ?? ""
    let hasGlobal = tests.sites.contains { $0.site == Name.global }
    return """
      <h2>Result</h2>
      <p>The best round's model on each site's test samples. The method is \(HTML.escape(run.model.run.method)): \(HTML.escape(method?.summary ?? "")). \(HTML.escape(method?.explanation ?? ""))</p>
      <p>\(shown.count > 1 ? "The final predictions of a site are those of \(last). " : "")\(tests.sites.contains { $0.scored.predictors.first == Report.alone } && last != Report.alone ? "Alone is the accuracy of each site without federation, by logistic regression on its own samples. " : "")\(hasGlobal ? "Global is a held-out site, which took no part in training and has no private part. " : "")AVG is the mean of the rows above it.</p>
      <p>Accuracy in percent\(shown.count > 1 ? " by each predictor" : ""); then, of \(isCalibrated ? "the calibrated predictions" : last), balanced accuracy and macro F1 in percent, the mean area under the ROC curves (AUC), log loss, and the expected calibration error (ECE).</p>
      \(HTML.table(
        "Test results",
        ["site", "samples"] + shown
          + ["balanced", "macro F1", "AUC", "log loss", "ECE"], rows))
      \(calibration)\(gaps)
      """
  }

  private var method: MethodDefinition? {
    Methods.all.first { $0.name == run.model.run.method }
  }

  /// The updates and reports that sites did not send, by round.
  private var missed: String {
    let lines = run.missed.map { "<li>Round \($0.round): \(HTML.escape($0.text))</li>\n" }
    return lines.isEmpty
      ? "" : "<p>Missing updates and reports:</p>\n<ul>\n\(lines.joined())</ul>\n"
  }

  /// Notes on sites whose scores omit classes, or are missing.
  private var gaps: String {
    let sites = run.results.tests?.sites ?? []
    let partial = sites.filter { $0.report.hiddenClasses > 0 }.map {
      "\($0.site) (\($0.report.hiddenClasses) of \(classes.count) classes)"
    }
    let empty = sites.filter { $0.report.total > 0 && !$0.report.hasCounts }.map(\.site)
    return
      (partial.isEmpty
      ? ""
      : "<p class=\"note\">Means over classes omit the classes with too few samples to report at "
        + "\(HTML.escape(partial.joined(separator: ", "))).</p>")
      + (empty.isEmpty
        ? ""
        : "<p class=\"note\">Too few test samples to report: "
          + "\(HTML.escape(empty.joined(separator: ", "))).</p>")
  }

  private var calibration: String {
    guard let after = run.results.pooled, let before = run.results.uncalibrated else { return "" }
    let errors = [before, after].map {
      HTML.number(ReliabilityTable.calibrationError($0.details.reliability), places: 3)
    }
    return "<p>Over the test samples of all sites, the expected calibration error is "
      + "\(errors[0]) before and \(errors[1]) after calibration on the sites' validation samples.</p>"
  }

  private var learning: String {
    let mean = run.rounds.compactMap { round in
      round.accuracy.map { (x: Double(round.number), y: $0) }
    }
    guard let first = mean.first?.x, let last = mean.last?.x else { return "" }
    let range = first...max(last, first + 1)
    func figure(_ site: String?, _ index: Int) -> String {
      let own =
        site.map { site in
          run.rounds.compactMap { round in
            round.sites[site].flatMap { counts in
              counts.total > 0
                ? (x: Double(round.number), y: Double(counts.correct) / Double(counts.total)) : nil
            }
          }
        } ?? mean
      let name = site ?? "mean of all sites"
      let plot = Plot(
        title: "Validation accuracy by round, \(name)",
        description: own.last.map {
          "From \(HTML.percent(own[0].y)) % to \(HTML.percent($0.y)) %, with a maximum of "
            + "\(HTML.percent(own.map(\.y).max())) %."
        } ?? "No validation samples.",
        x: ("round", range), y: ("accuracy", 0...1), isWhole: true,
        curves: (site == nil ? [] : [Plot.Curve(name: "mean", points: mean, style: nil)])
          + [
            Plot.Curve(name: name, points: own, style: 0),
            Plot.Curve(
              name: "best round",
              points: own.filter { point in best.map { Double($0.number) == point.x } ?? false },
              style: 1, isMarked: true),
          ])
      let rows = own.map { ["\(Int($0.x))", HTML.percent($0.y)] }
      return HTML.figure(
        plot.svg(id: "learning-\(index)"), caption: HTML.escape(name),
        numbers: HTML.table(
          "Validation accuracy in percent, \(name)", ["round", "accuracy"], rows))
    }
    let figures =
      [figure(nil, 0)]
      + run.sites.prefix(Self.maximumSites).enumerated().map { figure($1, $0 + 1) }
    return """
      <h2>Learning curves</h2>
      <p>Accuracy on validation samples after each round\(run.sites.isEmpty ? "" : "; the dotted line is the mean of all sites"). The point marks the best round.</p>
      <div class="figures">
      \(figures.joined())</div>
      \(Self.note(run.sites.count))
      """
  }

  private var pictures: String {
    guard let tests = run.results.tests else { return "" }
    var text = """
      <h2>Accuracy and calibration</h2>
      <p>On the test samples, with the final predictions of each site. Each class is compared with all others.</p>

      """
    func add(_ name: String, _ details: Report.Details?, _ id: String, hidden: Int = 0) {
      guard let details else { return }
      let pictures = ResultPictures(details: details, names: classes, id: id, subject: name)
      text +=
        "<h3>\(HTML.escape(name))</h3>\n"
        + (hidden > 0
          ? "<p class=\"note\">\(hidden) samples are counted as correct or incorrect, but not by class, "
            + "because their site has too few samples of the class.</p>\n" : "")
        + "<div class=\"figures four\">\n\(pictures.figures)</div>\n"
    }
    if let pool = run.results.pooled {
      add("All training sites", pool.details, "all", hidden: pool.hidden)
    }
    if let before = run.results.uncalibrated {
      add("All sites, before calibration", before.details, "before", hidden: before.hidden)
    }
    for (index, site) in tests.sites.prefix(Self.maximumSites).enumerated() {
      add(site.site, site.report.final?.details, "site-\(index)")
    }
    return text + Self.note(tests.sites.count)
  }

  private var cost: String {
    var rows: [String: (models: Int, down: Int, up: Int)] = [:]
    for entry in run.traffic {
      let old = rows[entry.site] ?? (0, 0, 0)
      rows[entry.site] = (old.models + 1, old.down + entry.down, old.up + entry.up)
    }
    var lines = rows.keys.sorted { $0.precedes($1) }.compactMap { site in
      rows[site].map { [site, "\($0.models)", HTML.bytes($0.down), HTML.bytes($0.up)] }
    }
    let total = rows.values.reduce((0, 0)) { ($0.0 + $1.down, $0.1 + $1.up) }
    lines.append(["all", "", HTML.bytes(total.0), HTML.bytes(total.1)])
    let times = run.rounds.compactMap { round in
      round.seconds.map { (x: Double(round.number), y: $0) }
    }
    var time = ""
    if times.count > 1, let longest = times.map(\.y).max(), longest > 0 {
      let sorted = times.map(\.y).sorted()
      let plot = Plot(
        title: "Seconds by round",
        description: "From \(HTML.number(sorted[0], places: 1)) to "
          + "\(HTML.number(longest, places: 1)) seconds.",
        x: ("round", times[0].x...max(times[times.count - 1].x, times[0].x + 1)),
        y: ("seconds", 0...longest * 1.05), isWhole: true,
        curves: [Plot.Curve(name: "", points: times, style: 0)])
      time =
        "<div class=\"figures\">"
        + HTML.figure(
          plot.svg(id: "time"),
          caption: "Time from one model to the next, by the times of their files: median "
            + "\(HTML.number(sorted[sorted.count / 2], places: 1)) s, total "
            + "\(HTML.number(sorted.reduce(0, +), places: 0)) s.") + "</div>"
    }
    let traffic =
      run.traffic.isEmpty
      ? ""
      : HTML.table("Traffic by site", ["site archive", "models", "download", "upload"], lines)
    return traffic.isEmpty && time.isEmpty ? "" : "<h2>Traffic and time</h2>\n\(traffic)\(time)"
  }

  private var origin: String {
    let encoder = run.model.run.encoder
    var rows = [
      ["model", run.identity], ["written by", run.tool],
      ["encoder", "\(encoder.name), \(encoder.dimension) features"],
      ["classes", classes.joined(separator: ", ")], ["method", run.model.run.method],
      ["parameters", run.model.run.parameters.json.line],
    ]
    if let guarantee = PrivacyGuarantee(run.model.run.parameters), let privacy = run.model.privacy {
      rows.append([
        "differential privacy",
        "epsilon \(guarantee.epsilon), delta \(guarantee.delta) for each \(guarantee.unit.rawValue); "
          + "with earlier runs on the same data, epsilon \(HTML.number(privacy.spent, places: 2))",
      ])
    }
    rows += run.model.inputs.map { input in
      ["update of \(input.site)", input.samples.map { "\($0) training samples" } ?? "used"]
    }
    let items = rows.map {
      "<dt>\(HTML.escape($0[0]))</dt><dd><code>\(HTML.escape($0[1]))</code></dd>"
    }
    return "<h2>Origin</h2>\n<dl>\n\(items.joined(separator: "\n"))\n</dl>"
  }
}
