import FMMetrics

/// The figures for a set of test samples, and their confusion matrix.
struct ResultPictures {
  /// The sums over the samples.
  let details: Report.Details
  /// The details of each site, with the fewest samples of a count.
  let sites: [(details: Report.Details, minimum: Int)]
  /// The class names [C].
  let names: [String]
  /// The prefix of the figures' identifiers.
  let id: String
  /// The owner of the samples, for titles.
  let subject: String
  /// Whether the captions explain the figures.
  let isExplained: Bool
  /// The classes that are not hidden and have samples.
  private let present: [Drawn]
  /// The classes drawn: those with the most samples, in the order of the classes.
  private let drawn: [Drawn]

  init(
    details: Report.Details, sites: [(details: Report.Details, minimum: Int)], names: [String],
    id: String, subject: String, isExplained: Bool = false
  ) {
    (self.details, self.sites, self.names) = (details, sites, names)
    (self.id, self.subject, self.isExplained) = (id, subject, isExplained)
    present = Self.present(sites, classes: names.count)
    drawn = present.sorted { $0.curve.positives > $1.curve.positives }
      .prefix(Self.maximumCurves).sorted { $0.index < $1.index }
  }

  /// The most classes drawn as curves.
  private static let maximumCurves = 7

  /// A class with counts.
  private struct Drawn {
    let index: Int
    let curve: ClassCurve
    /// The area under the ROC curve; the mean over sites by their samples of the class.
    let area: Double?
  }

  private static func present(
    _ sites: [(details: Report.Details, minimum: Int)], classes: Int
  ) -> [Drawn] {
    (0..<classes).compactMap { c in
      let own = sites.compactMap { site in
        site.details.curves[c].map { (counts: $0, minimum: site.minimum) }
      }
      let curve = ClassCurve(own)
      guard curve.positives > 0 else { return nil }
      let areas = sites.compactMap { site -> (area: Double, weight: Double)? in
        guard let area = site.details.classes?[c]?.auc, let counts = site.details.curves[c] else {
          return nil
        }
        return (area, Double(counts.positives))
      }
      let weight = areas.reduce(0) { $0 + $1.weight }
      return Drawn(
        index: c, curve: curve,
        area: weight > 0 ? areas.reduce(0) { $0 + $1.area * $1.weight } / weight : nil)
    }
  }

  private var legend: String {
    Plot.legend(drawn.map { (names[$0.index], .ofClass($0.index)) })
      + (drawn.count < present.count
        ? "<p class=\"note\">Only the \(drawn.count) classes with the most images are drawn.</p>"
        : "") + hiddenNote
  }

  /// A note on the classes that all sites hide, and on those that some of them hide.
  private var hiddenNote: String {
    let everywhere = names.indices.filter(isHidden)
    let somewhere = names.indices.filter { c in
      !everywhere.contains(c) && sites.contains { $0.details.hidden.contains(c) }
    }
    return [
      (everywhere, "Hidden, because a site has too few images to report:"),
      (somewhere, "Counted only at sites with enough images to report:"),
    ].map { classes, text in
      classes.isEmpty
        ? "" : HTML.note("\(text) \(classes.map { names[$0] }.joined(separator: ", ")).")
    }.joined()
  }

  /// Whether nothing is known about a class, although there may be images of it.
  private func isHidden(_ c: Int) -> Bool {
    (details.confusion[c]?.reduce(0, +) ?? 0) == 0
      && sites.contains { $0.details.hidden.contains(c) }
  }

  /// Reliability, ROC curves and decision curves.
  var figures: String { reliability + roc + decision }

  /// A count in at most four characters.
  private static func short(_ count: Int) -> String {
    count < 10_000 ? "\(count)" : count < 1_000_000 ? "\(count / 1000)k" : "\(count / 1_000_000)M"
  }

  private var reliability: String {
    let bins = details.reliability
    let error = ReliabilityTable.calibrationError(bins)
    let plot = Plot(
      title: "Reliability, \(subject)",
      description: "Share of correct predictions by confidence, in \(bins.count) bins; "
        + "expected calibration error \(Shown.number(error, places: 3)).",
      x: ("confidence", 0...1), y: ("accuracy", 0...1.04),
      bars: bins.map {
        Plot.Bar(from: $0.lower, to: $0.upper, height: $0.accuracy, label: Self.short($0.count))
      },
      curves: [
        Plot.Curve(name: "", points: [(0, 0), (1, 1)], style: .guide),
        Plot.Curve(
          name: "", points: bins.map { ($0.meanConfidence, $0.accuracy) },
          style: .series(0), isMarked: true),
      ])
    let rows = bins.map { bin -> [HTML.Cell] in
      [
        "\(Shown.number(bin.lower)) to \(Shown.number(bin.upper))", "\(bin.count)",
        "\(Shown.number(bin.meanConfidence, places: 3))",
        "\(Shown.number(bin.accuracy, places: 3))",
      ]
    }
    return HTML.figure(
      plot.svg(id: "\(id)-reliability"),
      caption: isExplained
        ? "Reliability, with the number of images at the foot of each bar. On the dotted line, "
          + "confidence equals accuracy; below it, the predictions are overconfident. Expected "
          + "calibration error \(Shown.number(error, places: 3))."
        : "Reliability; expected calibration error \(Shown.number(error, places: 3)).",
      numbers: HTML.table(
        "Reliability, \(subject)", ["confidence", "images", "mean confidence", "accuracy"], rows))
  }

  /// The ROC points, from no sample classified as positive to all of them.
  private func points(_ curve: ClassCurve) -> [(x: Double, y: Double)] {
    let inner = zip(curve.falsePositives, curve.truePositives).reversed().map {
      (x: $0.0 / Double(max(curve.negatives, 1)), y: $0.1 / Double(max(curve.positives, 1)))
    }
    return [(0, 0)] + inner + [(1, 1)]
  }

  /// Why curves are approximate.
  private var approximate: String {
    let minimum = sites.map(\.minimum).max() ?? 1
    return minimum == 1
      ? ""
      : " Sites count images in steps of at least \(minimum); between them the curves are "
        + "interpolated, which is rough for a class with few images."
  }

  private var roc: String {
    guard !drawn.isEmpty else { return "" }
    let descriptions = drawn.map { "\(names[$0.index]) \(Shown.number($0.area))" }
    let plot = Plot(
      title: "ROC curves, \(subject)",
      description: "Each class against the rest; areas: \(descriptions.joined(separator: ", ")).",
      x: ("1 − specificity", 0...1), y: ("sensitivity", 0...1),
      curves: [Plot.Curve(name: "", points: [(0, 0), (1, 1)], style: .guide)]
        + drawn.map {
          Plot.Curve(
            name: names[$0.index], points: points($0.curve), style: .ofClass($0.index))
        })
    let confusion = details.visible
    let rows = drawn.map { drawn -> [HTML.Cell] in
      let c = drawn.index
      // What is predicted for the images of hidden classes is unknown.
      let isComplete = sites.allSatisfy { $0.details.hidden.isEmpty }
      let scores =
        [drawn.area, confusion.recall(c)]
        + [confusion.specificity(c), confusion.precision(c), confusion.f1(c)].map {
          isComplete ? $0 : nil
        }
      return [HTML.Cell(html: HTML.className(names[c], c)), "\(drawn.curve.positives)"]
        + scores.map { HTML.Cell(Shown.number($0, places: 3)) }
    }
    return HTML.figure(
      plot.svg(id: "\(id)-roc"),
      caption: isExplained
        ? "ROC curves: the share of a class that is detected (sensitivity), against the share "
          + "of the other classes that is mistaken for it (1 − specificity).\(approximate)"
        : "ROC curves.",
      legend: legend,
      numbers: HTML.table(
        "Classes, \(subject): area under the ROC curve, and scores of the predicted class",
        ["class", "images", "area", "sensitivity", "specificity", "precision", "F1"], rows))
  }

  private var decision: String {
    let thresholds = ThresholdCounts.thresholds
    let shown = thresholds.indices.filter { (0.01...0.99).contains(thresholds[$0]) }
    func curve(
      _ counts: ClassCurve, _ benefit: (ClassCurve, Int) -> Double
    ) -> [(x: Double, y: Double)] {
      shown.map { (thresholds[$0], benefit(counts, $0)) }
    }
    // A class of most samples is not what a test looks for, and its scale would leave no room for
    // the other curves.
    let sought = drawn.filter { c in
      c.curve.prevalence <= 0.5 && shown.prefix(2).allSatisfy { c.curve.isKnown($0) }
    }
    guard !sought.isEmpty else { return "" }
    // At high thresholds a few false positives count much, and reports say little about them.
    let model = sought.map { c in
      shown.prefix { c.curve.isKnown($0) }.map { (x: thresholds[$0], y: c.curve.netBenefit($0)) }
    }
    let highest = max(sought.map(\.curve.prevalence).max() ?? 0, 0.05) * 1.05
    // Curves are shown whole unless a few false positives at a high threshold outweigh all else.
    let lowest = min(max(model.joined().map(\.y).min() ?? 0, -highest), -highest / 8)
    let plot = Plot(
      title: "Decision curves, \(subject)",
      description: "Net benefit of treating by the model's probability of each class, by "
        + "threshold; treating nobody has a net benefit of 0, the thin lines are for treating "
        + "everybody.",
      x: ("threshold", 0...1), y: ("net benefit", lowest * 1.02...highest),
      curves: [Plot.Curve(name: "", points: [(0, 0), (1, 0)], style: .guide)]
        + zip(sought, model).flatMap { c, points in
          [
            Plot.Curve(
              name: names[c.index], points: curve(c.curve) { $0.netBenefitOfAll($1) },
              style: .ofClass(c.index), isThin: true),
            Plot.Curve(name: names[c.index], points: points, style: .ofClass(c.index)),
          ]
        })
    let chosen = [0.05, 0.1, 0.2, 0.3, 0.5].compactMap { wanted in
      thresholds.firstIndex { ($0 - wanted).magnitude < 1e-9 }
    }
    let rows = sought.flatMap { c in
      chosen.map { index -> [HTML.Cell] in
        [
          HTML.Cell(html: HTML.className(names[c.index], c.index)),
          "\(Shown.number(thresholds[index]))",
          HTML.Cell(
            Shown.number(c.curve.isKnown(index) ? c.curve.netBenefit(index) : nil, places: 3)),
          "\(Shown.number(c.curve.netBenefitOfAll(index), places: 3))", "0.000",
        ]
      }
    }
    return HTML.figure(
      plot.svg(id: "\(id)-decision"),
      caption: isExplained
        ? "Decision curves: the net benefit per patient of treating by the model, if a correct "
          + "treatment outweighs (1 − t)/t unnecessary ones at threshold t. Thin lines: treating "
          + "everybody; dotted line: treating nobody. A line that leaves the plot goes on below "
          + "it; it ends where too few false alarms are counted. A class with more than half of the images is omitted.\(approximate)"
        : "Decision curves.",
      legend: legend,
      numbers: HTML.table(
        "Net benefit, \(subject)", ["class", "threshold", "model", "everybody", "nobody"], rows))
  }

  /// The confusion matrix as a table: the darkness of a cell is its share of the row.
  var confusion: String {
    guard !names.indices.allSatisfy(isHidden) else { return hiddenNote }
    let rows = names.indices.map { t -> [HTML.Cell] in
      let row = isHidden(t) ? nil : details.confusion[t]
      let total = Double(max(row?.reduce(0, +) ?? 0, 1))
      return [HTML.Cell(html: "\(HTML.className(names[t], t)) (\(t + 1))")]
        + names.indices.map { p in
          row.map { HTML.Cell(html: "\($0[p])", share: Double($0[p]) / total) } ?? "–"
        }
    }
    return HTML.table(
      "Confusion matrix, \(subject)"
        + (isExplained
          ? ": true classes in rows, predicted classes by number in columns. A darker cell is a "
            + "larger share of its row." : ""),
      ["true class"] + names.indices.map { "\($0 + 1)" }, rows) + hiddenNote
  }
}
