import FMBase
import FMMetrics
import FMReports

/// The figures of all training sites together and of each site. With many sites, an overview and a
/// table of each site that appears when it is chosen.
struct SiteSection {
  let run: RunReport
  let tests: TestReports

  /// The most sites with figures of their own.
  static let maximumFigures = 24
  /// The most sites with a confusion matrix and thresholds of their own.
  private static let maximumDetails = 150
  /// The most sites in each list of the best and the worst.
  private static let extremes = 5

  private var isLarge: Bool { tests.sites.count > Self.maximumFigures }

  var html: String {
    HTML.section(
      "sites", "Accuracy and calibration", introduction + pooled + (isLarge ? many : few))
  }

  private var introduction: String {
    HTML.paragraph(
      "On the test images, with the final predictions of each site. Each class is compared with all "
        + "others, and has the same color everywhere.")
  }

  /// The figures of one set of samples, and tables beside each other: the confusion matrix and
  /// another one.
  private func pictures(
    _ name: String, _ details: Report.Details, of sites: [(Report.Details, Int)], _ id: String,
    hidden: Int = 0, isExplained: Bool = false, beside table: String = ""
  ) -> String {
    let pictures = ResultPictures(
      details: details, sites: sites, names: run.classes, id: id, subject: name,
      isExplained: isExplained)
    return "<h3>\(HTML.escape(name))</h3>\n"
      + (hidden > 0
        ? HTML.note(
          "\(Shown.count(hidden, "image")) count as correct or incorrect, but not by class, because "
            + "their site has too few images of the class.") : "")
      + "<div class=\"figures\">\n\(pictures.figures)</div>\n"
      + Self.pair(pictures.confusion, table)
  }

  /// Two tables beside each other where there is room.
  private static func pair(_ first: String, _ second: String) -> String {
    "<div class=\"pair\"><div>\(first)</div><div>\(second)</div></div>\n"
  }

  private var pooled: String {
    let training = tests.sites.filter { $0.site != Name.global }.map(\.report)
    func sites(_ scores: (Report) -> Report.Scores?) -> [(Report.Details, Int)] {
      training.compactMap { report in scores(report)?.details.map { ($0, report.minimum) } }
    }
    var text = ""
    if let pool = run.results.pooled {
      text += pictures(
        "All training sites", pool.details, of: sites(\.final), "all", hidden: pool.hidden,
        isExplained: true)
    }
    if let before = run.results.uncalibrated {
      text += pictures(
        "All training sites, before calibration", before.details, of: sites(\.uncalibrated),
        "before", hidden: before.hidden)
    }
    return text
  }

  private var few: String {
    tests.sites.enumerated().map { index, site in
      guard let details = site.report.final?.details else { return "" }
      return pictures(
        site.site, details, of: [(details, site.report.minimum)], "site-\(index)",
        beside: operating(site))
    }.joined()
  }

  private func operating(_ site: SiteReport) -> String {
    OperatingTable(reports: [site], names: run.classes)
      .html("Sensitivity at a required specificity, and the threshold, \(site.site)")
  }

  // MARK: Many sites

  /// The sites with scores, from the least to the most accurate.
  private var ranked: [SiteReport] {
    func accuracy(_ site: SiteReport) -> Double {
      site.report.final?.values[.accuracy] ?? 0
    }
    return tests.sites.filter { $0.report.finalPredictor != nil && $0.site != Name.global }
      .sorted { (accuracy($0), $1.site) < (accuracy($1), $0.site) }
  }

  /// The fewest test images of a site among the best and the worst, if there are enough such sites.
  private static let fewestImages = 30

  private var many: String {
    let large = ranked.filter { $0.report.total >= Self.fewestImages }
    let isFiltered = large.count >= 2 * Self.extremes
    let ranked = isFiltered ? large : ranked
    let of =
      isFiltered ? " of the \(large.count) with at least \(Self.fewestImages) test images" : ""
    let count = min(Self.extremes, ranked.count)
    func list(_ title: String, _ sites: [SiteReport]) -> String {
      HTML.table(title, ResultSection.columns, sites.map(ResultSection.row))
    }
    return "<h3>The sites</h3>\n<div class=\"figures\">\(distribution)</div>\n"
      + list("The \(count) least accurate sites\(of)", Array(ranked.prefix(count)))
      + list("The \(count) most accurate sites\(of)", ranked.suffix(count).reversed())
      + search
  }

  /// How many sites reach which accuracy.
  private var distribution: String {
    let values = ranked.compactMap { $0.report.final?.values[.accuracy] }.sorted()
    guard let lowest = values.first, let highest = values.last else { return "" }
    let step = 0.05
    let first = (lowest / step).rounded(.down)
    let last = max((highest / step).rounded(.up), first + 1)
    let bars = stride(from: first, to: last, by: 1).map { bin -> Plot.Bar in
      let isLast = bin + 1 >= last
      let count = values.count {
        $0 / step >= bin && ($0 / step < bin + 1 || isLast)
      }
      return Plot.Bar(
        from: bin * step, to: (bin + 1) * step, height: Double(count),
        label: count == 0 ? "" : "\(count)")
    }
    let tallest = bars.map(\.height).max() ?? 1
    let median = values[values.count / 2]
    let plot = Plot(
      title: "Sites by accuracy",
      description: "From \(Shown.percent(lowest)) % to \(Shown.percent(highest)) %, median "
        + "\(Shown.percent(median)) %.",
      x: ("accuracy", first * step...last * step), y: ("sites", 0...tallest * 1.08), bars: bars)
    return HTML.figure(
      plot.svg(id: "distribution"),
      caption: "Number of sites by the accuracy of their final predictor; median "
        + "\(Shown.percent(median)) %.")
  }

  /// A choice of a site whose results then appear, without a script.
  private var search: String {
    let names = tests.sites.map(\.site)
    let options = names.enumerated().map { "<option value=\"\($0)\">\(HTML.escape($1))</option>" }
    let rules = names.indices.map {
      "main:has(#find option[value=\"\($0)\"]:checked) #panel-\($0)"
    }
    let panels = tests.sites.enumerated().map { index, site in
      "<div class=\"panel\" id=\"panel-\(index)\"><h3>\(HTML.escape(site.site))</h3>\n"
        + HTML.table("Results, \(site.site)", ResultSection.columns, [ResultSection.row(site)])
        + (names.count > Self.maximumDetails ? "" : details(site, index)) + "</div>\n"
    }
    return """
      <div class="search"><p><label for="find">Find a site:</label> <select id="find"><option value="">type its first letters</option>
      \(options.joined(separator: "\n"))</select></p>
      <style>.panel { display: none; } \(rules.joined(separator: ",\n")) { display: block; }</style>
      \(panels.joined())</div>

      """
  }

  private func details(_ site: SiteReport, _ index: Int) -> String {
    guard let details = site.report.final?.details else { return "" }
    let pictures = ResultPictures(
      details: details, sites: [(details, site.report.minimum)], names: run.classes,
      id: "panel-\(index)", subject: site.site)
    return Self.pair(pictures.confusion, operating(site))
  }
}
