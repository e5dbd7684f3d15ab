import FMBase
import FMMethods
import FMMetrics
import FMReports

/// Two runs side by side.
struct ComparisonSection {
  let run: RunReport
  let other: RunReport
  let comparison: RunComparison

  /// The most sites listed.
  private static let maximumSites = 50

  var html: String {
    HTML.section(
      "comparison", "Compared with \(other.name)",
      "<p class=\"lead\">\(HTML.escape(sentence))</p>\n"
        + HTML.paragraph(
          "This run: \(description(run)). Other run: \(description(other)). Each is tested with its "
            + "final predictor.")
        + summary + ScoreDraws.scores.map(table).joined() + unmatched)
  }

  private func description(_ run: RunReport) -> String {
    "“\(run.name)”, \(run.model.run.method), round \(run.model.round), model "
      + "\(run.identity.prefix(12))"
      + (PrivacyGuarantee(run.model.run.parameters).map {
        ", ε = \(Shown.number($0.epsilon, places: 2))"
      } ?? "")
  }

  private var sentence: String {
    guard let (mean, sites) = comparison.trainingMean(.accuracy) else {
      return "No training site was tested in both runs."
    }
    let start =
      "In the mean over \(Shown.count(sites, "training site")) tested in both, this run is "
    guard mean.difference.lower != nil else {
      return start
        + "\(Shown.percent(mean.difference.value.magnitude)) points "
        + "\(mean.difference.value < 0 ? "less" : "more") accurate than \(other.name); no interval is "
        + "known."
    }
    let finding =
      switch Verdict.Finding(mean.difference) {
      case .better: "more accurate than"
      case .worse: "less accurate than"
      case .unclear: "not clearly different from"
      }
    return start + "\(finding) \(other.name): \(Shown.points(mean.difference)) points of accuracy, "
      + (mean.isPaired
        ? "on the same images." : "with the tests of both taken as independent.")
  }

  private static func shown(_ estimate: Estimate?, _ score: Score) -> String {
    score == .macroAUC ? Shown.score(estimate) : Shown.percent(estimate)
  }

  private func cells(_ name: String, _ entry: RunComparison.Entry) -> [HTML.Cell] {
    [
      HTML.Cell(name), HTML.Cell(Self.shown(entry.first, entry.score)),
      HTML.Cell(Self.shown(entry.second, entry.score)),
      HTML.Cell(
        (entry.difference.value > 0 ? "+" : "") + Self.shown(entry.difference, entry.score)),
      entry.isPaired ? "yes" : "no",
    ]
  }

  private var columns: [String] { ["this run", other.name, "difference", "same images"] }

  private var summary: String {
    let rows = ScoreDraws.scores.compactMap { score in
      comparison.trainingMean(score).map {
        cells("\(score.title), \(Shown.count($0.sites, "site"))", $0.entry)
      }
    }
    return rows.isEmpty
      ? "" : HTML.table("Mean over the training sites", ["score"] + columns, rows)
  }

  private func table(_ score: Score) -> String {
    let entries = comparison.entries(score)
    let chosen =
      entries.count <= Self.maximumSites
      ? entries
      : Array(
        entries.sorted { $0.difference.value.magnitude > $1.difference.value.magnitude }
          .prefix(Self.maximumSites))
    let note =
      chosen.count < entries.count
      ? ", the \(chosen.count) of \(entries.count) sites with the largest differences" : ""
    return "<details><summary>\(HTML.escape(score.title)) by site</summary>"
      + HTML.table(
        "\(score.title) by site\(note)", ["site"] + columns, chosen.map { cells($0.site, $0) })
      + "</details>\n"
  }

  private var unmatched: String {
    let names = comparison.unmatched
    return names.isEmpty
      ? ""
      : HTML.note(
        "Tested in only one of the runs: \(Shown.names(names)).")
  }
}

extension Score {
  /// The name for readers.
  var title: String {
    switch self {
    case .accuracy: "Accuracy (%)"
    case .balancedAccuracy: "Balanced accuracy (%)"
    case .macroAUC: "AUC"
    default: rawValue
    }
  }
}
