import FMBase
import FMMethods
import FMMetrics
import FMReports

/// The top of the page: the verdict, its table and the sensitivity at required specificities.
struct VerdictSection {
  let run: RunReport
  let verdict: Verdict

  var html: String {
    HTML.section(
      "verdict", "Verdict",
      "<p class=\"lead\">\(HTML.escape(verdict.lead))</p>\n"
        + verdict.warnings.map { "<p class=\"warning\">\(HTML.escape($0))</p>\n" }.joined()
        + HTML.list(verdict.comparisons) + global + table + HTML.note(verdict.intervals) + hidden
        + operating + method)
  }

  /// The held-out site.
  private var global: String {
    guard let report = run.results.tests?.sites.first(where: { $0.site == Name.global })?.report,
      let name = report.finalPredictor
    else { return "" }
    let majority = report.estimate(of: Report.majority, .accuracy).map {
      "; always naming the most frequent class reaches \(Shown.percent($0.value)) %"
    }
    return HTML.paragraph(
      "At Global, a held-out site of \(Shown.count(report.total, "image")) that took no part in "
        + "training and has no private part, the accuracy is "
        + "\(Shown.percent(report.estimate(of: name, .accuracy))) %\(majority ?? "").")
  }

  private var table: String {
    let rows = ([verdict.final] + verdict.others).map { predictor -> [HTML.Cell] in
      let gain = predictor == verdict.final ? nil : verdict.gain(over: predictor)
      return [
        HTML.Cell(Verdict.label(predictor, in: run)),
        HTML.Cell(Shown.percent(verdict.mean(predictor, .accuracy))),
        HTML.Cell(Shown.percent(verdict.mean(predictor, .balancedAccuracy))),
        HTML.Cell(Shown.score(verdict.mean(predictor, .macroAUC))),
        HTML.Cell(gain.map { Shown.points($0) } ?? ""),
      ]
    }
    return HTML.table(
      "Mean over \(Shown.count(verdict.reports.count, "training site")), with 95 % intervals: "
        + "accuracy and balanced accuracy in percent, area under the ROC curves (AUC), and by how "
        + "many points the accuracy of the final predictor exceeds the others",
      ["predictor", "accuracy", "balanced accuracy", "AUC", "gain of the final predictor"], rows)
  }

  /// A note on classes that are missing in the means.
  private var hidden: String {
    let sites = verdict.reports.filter { $0.report.hiddenClasses > 0 }.count
    return sites == 0
      ? ""
      : HTML.note(
        "Balanced accuracy and AUC omit the classes of which a site has too few test images to "
          + "report, at \(sites) of \(Shown.count(verdict.reports.count, "site")); accuracy counts all "
          + "images.")
  }

  private var operating: String {
    let title = "Sensitivity at a required specificity"
    let table = OperatingTable(reports: verdict.reports, names: run.classes)
      .html("\(title), all training sites together")
    return table.isEmpty
      ? ""
      : "<h3>\(title)</h3>\n"
        + HTML.paragraph(
          "Which probability of a class should raise an alarm? At the threshold in parentheses or "
            + "above it, at least this share of the class is found, while at least the given share "
            + "of all other images raises none.") + table
  }

  private var method: String {
    let method = run.definition
    return HTML.paragraph(
      "Method: \(run.model.run.method), \(method?.summary ?? ""). \(method?.explanation ?? "")")
      + HTML.paragraph(Verdict.privacy(of: run))
  }
}

/// The sensitivity of each class at required specificities, from the counts of one or more sites.
struct OperatingTable {
  let reports: [SiteReport]
  let names: [String]

  /// The specificities.
  private static let levels = [0.8, 0.9, 0.95]

  /// The table; empty if no site has counts.
  func html(_ caption: String) -> String {
    var isEmpty = true
    let rows = names.indices.compactMap { c -> [HTML.Cell]? in
      let sites = reports.compactMap { report in
        report.report.final?.details?.curves[c].map {
          (counts: $0, minimum: report.report.minimum)
        }
      }
      let points = OperatingPoints(sites)
      guard points.positives > 0 else { return nil }
      return [
        HTML.Cell(html: HTML.className(names[c], c)), "\(points.positives)",
      ]
        + Self.levels.map { level in
          guard let point = points.point(specificity: level) else { return "–" }
          isEmpty = false
          return HTML.Cell(
            "\(Shown.percent(point.sensitivity)) % (≥\u{A0}\(Self.threshold(point.threshold)))")
        }
    }
    guard !isEmpty else { return "" }
    return HTML.table(
      caption,
      ["class", "images"]
        + Self.levels.map { "at \(Int((100 * $0).rounded())) % specificity" }, rows)
  }

  /// A threshold of the grid with as many digits as it needs.
  private static func threshold(_ value: Double) -> String {
    let isFine = value < 0.01 || value > 0.99
    return Shown.number(value, places: isFine ? 4 : 2)
  }
}

extension RunReport {
  /// The definition of the run's method.
  var definition: MethodDefinition? { Methods.all.first { $0.name == model.run.method } }
}
