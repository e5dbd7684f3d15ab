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
    guard let report = verdict.global, let name = report.finalPredictor else { return "" }
    let majority = report.estimate(of: Report.majority, .accuracy).map {
      "; always naming the most frequent class reaches \(Shown.percent($0.value)) %"
    }
    return HTML.paragraph(
      "At Global, a held-out site of \(Shown.count(report.total, "image")) that took no part in "
        + "training and has no private part, the accuracy is "
        + "\(Shown.percent(report.estimate(of: name, .accuracy))) %\(majority ?? "").")
  }

  /// A mean with the number of its sites, if not all have it.
  private func cell(_ text: String?, _ sites: Int) -> HTML.Cell {
    let all = verdict.reports.count
    return HTML.Cell(
      (text ?? "–") + (text == nil || sites == all ? "" : ", \(sites)\u{A0}of\u{A0}\(all) sites"))
  }

  private var table: String {
    let rows = ([verdict.final] + verdict.others).map { predictor -> [HTML.Cell] in
      let scores = ScoreDraws.scores.map { score -> HTML.Cell in
        let mean = verdict.mean(predictor, score)
        return cell(
          mean.map { score == .macroAUC ? Shown.score($0.estimate) : Shown.percent($0.estimate) },
          mean?.sites ?? 0)
      }
      let gain = predictor == verdict.final ? nil : verdict.gain(over: predictor)
      return [HTML.Cell(Verdict.label(predictor, in: run))] + scores
        + [gain.map { cell(Shown.points($0.difference), $0.sites) } ?? ""]
    }
    let (counted, left) = (verdict.reports.count, verdict.withoutDraws)
    let sites =
      left == 0
      ? Shown.count(counted, "training site")
      : "the \(counted) of \(counted + left) training sites with enough images"
    return HTML.table(
      "Mean over \(sites), with 95 % intervals: "
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
          + "report, at \(sites) of \(Shown.count(verdict.reports.count, "site")); a site with a single "
          + "class left has no balanced accuracy. Accuracy counts all images.")
  }

  private var operating: String {
    let title = "Sensitivity at a required specificity"
    let table = OperatingTable(reports: verdict.reports, names: run.classes)
      .html("\(title); each site at its own threshold")
    return "<h3>\(title)</h3>\n"
      + HTML.paragraph(
        table.isEmpty
          ? "The sites have too few test images to say how sensitive the predictions are at 80, 90 "
            + "and 95 % specificity."
          : "Which probability of a class should raise an alarm? At the threshold in parentheses or "
            + "above it, this share of the images of the class is found, while at least the given "
            + "share of all other images raises no alarm. The thresholds were chosen on the same "
            + "test images, so expect a little less on new ones. A threshold needs enough images of "
            + "the other classes at the site: 100 for 95 %, if its smallest count is 5.") + table
  }

  private var method: String {
    let method = run.definition
    return HTML.paragraph(
      "Method: \(run.model.run.method), \(method?.summary ?? ""). \(method?.explanation ?? "")")
      + HTML.paragraph(Verdict.privacy(of: run))
  }
}

/// The sensitivity of each class at required specificities, at the thresholds of one or more sites.
struct OperatingTable {
  let reports: [SiteReport]
  let names: [String]

  /// The table; empty if no site has a threshold.
  func html(_ caption: String) -> String {
    let details = reports.compactMap { $0.report.final?.details }
    var isEmpty = true
    let rows = names.indices.compactMap { c -> [HTML.Cell]? in
      let sites = details.compactMap { details -> (positives: Int, class: ClassDetails)? in
        guard let counts = details.curves[c], counts.positives > 0, let own = details.classes?[c]
        else { return nil }
        return (counts.positives, own)
      }
      guard !sites.isEmpty else { return nil }
      let cells = ClassDetails.specificities.indices.map { level -> HTML.Cell in
        let known = sites.compactMap { site in
          site.class.operating[level].map { (site.positives, $0) }
        }
        guard !known.isEmpty else { return "too few images" }
        isEmpty = false
        let found = known.reduce(0) { $0 + $1.1.truePositives }
        let positives = known.reduce(0) { $0 + $1.0 }
        let share = Double(found) / Double(positives)
        let thresholds = known.map(\.1.threshold)
        let (low, high) = (thresholds.min() ?? 0, thresholds.max() ?? 0)
        let range =
          Self.threshold(low) + (low < high ? "\u{A0}to\u{A0}\(Self.threshold(high))" : "")
        return HTML.Cell(
          "\(Shown.percent(share))\u{A0}%, \(found)\u{A0}of\u{A0}\(positives) (≥\u{A0}\(range))"
            + (known.count < reports.count && reports.count > 1
              ? ", \(known.count)\u{A0}of\u{A0}\(reports.count) sites" : ""))
      }
      return [
        HTML.Cell(html: HTML.className(names[c], c)),
        "\(sites.reduce(0) { $0 + $1.positives })",
      ] + cells
    }
    guard !isEmpty else { return "" }
    return HTML.table(
      caption,
      ["class", "images"]
        + ClassDetails.specificities.map { "at \(Int((100 * $0).rounded())) % specificity" }, rows)
  }

  /// A threshold of the grid with as many digits as it needs.
  private static func threshold(_ value: Double) -> String {
    let isFine = value < 0.01 || value > 0.99
    return Shown.number(value, places: isFine ? 4 : 2)
  }
}
