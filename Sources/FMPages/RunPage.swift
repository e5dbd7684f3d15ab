import FMBase
import FMMetrics
import FMReports

/// A report of a run as a self-contained HTML page without scripts: a verdict for clinicians, then
/// scores, figures and a model card.
public struct RunPage {
  private let run: RunReport
  private let other: (run: RunReport, comparison: RunComparison)?
  private let statements: ModelCard.Statements
  private let tool: String

  /// Creates a page of a run.
  /// - Parameters:
  ///   - other: a run to compare with; `nil` for none.
  ///   - statements: what only people know about the model.
  ///   - tool: the name and version of the tool that makes the page.
  /// - Throws: `badData` if the runs cannot be compared.
  public init(
    _ run: RunReport, against other: RunReport? = nil,
    statements: ModelCard.Statements = ModelCard.Statements(), tool: String
  ) throws(FedMedError) {
    self.run = run
    self.other = try other.map { other throws(FedMedError) in
      (other, try RunComparison(run, other))
    }
    (self.statements, self.tool) = (statements, tool)
  }

  /// The page.
  public var html: String {
    let title = statements.title ?? "Federated run “\(run.name)”"
    let sections = self.sections
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
      <p class="meta">\(HTML.escape(origin))</p>
      \(navigation(sections))
      \(status)
      \(sections.map(\.html).joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  /// The sections that have content, with the names of their links.
  private var sections: [(id: String, name: String, html: String)] {
    let verdict = Verdict(run)
    let tests = run.results.tests
    let all: [(String, String, String)] = [
      ("verdict", "Verdict", verdict.map { VerdictSection(run: run, verdict: $0).html } ?? ""),
      (
        "comparison", "Comparison",
        other.map { ComparisonSection(run: run, other: $0.run, comparison: $0.comparison).html }
          ?? ""
      ),
      (
        "results", "Results by site",
        tests.map {
          ResultSection(run: run, tests: $0).html
        } ?? ""
      ),
      (
        "sites", "Accuracy and calibration",
        tests.map { SiteSection(run: run, tests: $0).html } ?? ""
      ),
      ("learning", "Learning curves", LearningSection(run: run).html),
      ("cost", "Traffic and time", CostSection(run: run).html),
      ("settings", "Settings", SettingsSection(run: run).html),
      ("card", "Model card", ModelCard(run, statements).html),
    ]
    return all.filter { !$0.2.isEmpty }.map { (id: $0.0, name: $0.1, html: $0.2) }
  }

  private func navigation(_ sections: [(id: String, name: String, html: String)]) -> String {
    let links = sections.map { "<a href=\"#\($0.id)\">\($0.name)</a>" }
    return "<nav aria-label=\"Sections\">\(links.joined(separator: " "))</nav>"
  }

  private var origin: String {
    let parts = [
      run.date.map { "Results of \(Shown.time($0))" }, "run “\(run.name)”",
      "model by \(run.tool)", "page by \(tool)",
    ]
    return parts.compactMap { $0 }.joined(separator: " · ")
  }

  /// What the run has done so far.
  private var status: String {
    let missed = run.missed.map { "Round \($0.round): \($0.text)" }
    return progress
      + (missed.isEmpty
        ? ""
        : "<details><summary>Missing updates and reports</summary>\(HTML.list(missed))</details>\n")
  }

  private var progress: String {
    let sites = Shown.count(run.members.count, "site")
    let planned = run.plannedRounds.map { " of \($0)" } ?? ""
    guard run.newestRound > 0 || run.results.tests != nil else {
      return HTML.paragraph("The run of \(sites) has begun; there is no model of a round yet.")
    }
    var text =
      run.isFinished
      ? "A run of \(run.model.run.method) at \(sites), on \(run.classes.count) classes, in "
        + "\(Shown.count(run.newestRound, "round")). No image left a site."
      : "The run of \(sites) is under way: the newest model is that of round "
        + "\(run.newestRound)\(planned)."
    if let best = run.rounds.first(where: \.isBest) {
      let reported = best.sites.count
      let accuracy =
        "a mean validation accuracy of \(Shown.percent(best.accuracy)) % at \(reported) of \(sites)"
      text +=
        run.rounds.count == 1
        ? " Round \(best.number) has \(accuracy)."
        : " Of \(run.rounds.count) validated rounds, round \(best.number) is best, with \(accuracy)."
    } else if run.model.privacy != nil {
      text +=
        " The model of the last round is used: with differential privacy, sites do not report on "
        + "validation images."
    } else {
      text += " No round has been validated by enough sites yet."
    }
    if let tests = run.results.tests, !run.isFinished {
      text += " \(Shown.count(tests.sites.count, "site")) tested its model so far."
    } else if run.results.tests == nil {
      text += " It has not been tested yet."
    }
    if let round = run.outdatedTests {
      text += " Test results of round \(round), from before the run went on, are not shown."
    }
    return HTML.paragraph(text)
  }
}
