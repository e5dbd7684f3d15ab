import FMMetrics

/// The figures for a set of test samples: reliability, ROC curves, decision curves and confusion
/// matrix.
struct ResultPictures {
  /// The sums over the samples.
  package let details: Report.Details
  /// The class names [C].
  package let names: [String]
  /// The prefix of the figures' identifiers.
  package let id: String
  /// The owner of the samples, for titles.
  package let subject: String

  /// The most classes drawn as curves.
  private static let maximumCurves = 7

  /// A class with counts.
  private struct Drawn {
    let index: Int
    let counts: ThresholdCounts

    var prevalence: Double {
      Double(counts.positives) / Double(counts.positives + counts.negatives)
    }
  }

  /// The classes that are not hidden and have samples.
  private var present: [Drawn] {
    details.curves.enumerated().compactMap { index, curve in
      curve.flatMap { $0.positives > 0 ? Drawn(index: index, counts: $0) : nil }
    }
  }

  /// The classes drawn: those with the most samples, in the order of the classes.
  private var drawn: [Drawn] {
    present.sorted { $0.counts.positives > $1.counts.positives }.prefix(Self.maximumCurves)
      .sorted { $0.index < $1.index }
  }

  private var legend: String {
    Plot.legend(drawn.enumerated().map { (names[$0.1.index], $0.0) })
      + (drawn.count < present.count
        ? "<p class=\"note\">Only the \(drawn.count) classes with the most samples are drawn.</p>"
        : "") + hiddenNote
  }

  /// A note on the hidden classes.
  private var hiddenNote: String {
    let hidden = details.hidden.map { HTML.escape(names[$0]) }
    return hidden.isEmpty
      ? ""
      : "<p class=\"note\">Hidden, because a site has too few samples to report: "
        + "\(hidden.joined(separator: ", ")).</p>"
  }

  var figures: String { reliability + roc + decision + confusion }

  private var reliability: String {
    let bins = details.reliability
    let error = ReliabilityTable.calibrationError(bins)
    let plot = Plot(
      title: "Reliability, \(subject)",
      description: "Share of correct predictions by confidence, in \(bins.count) bins; "
        + "expected calibration error \(HTML.number(error, places: 3)).",
      x: ("confidence", 0...1), y: ("accuracy", 0...1),
      bars: bins.map { Plot.Bar(from: $0.lower, to: $0.upper, height: $0.accuracy) },
      curves: [
        Plot.Curve(name: "", points: [(0, 0), (1, 1)], style: nil),
        Plot.Curve(
          name: "", points: bins.map { ($0.meanConfidence, $0.accuracy) }, style: 1,
          isMarked: true),
      ])
    let rows = bins.map {
      [
        "\(HTML.number($0.lower)) to \(HTML.number($0.upper))", "\($0.count)",
        HTML.number($0.meanConfidence, places: 3), HTML.number($0.accuracy, places: 3),
      ]
    }
    return HTML.figure(
      plot.svg(id: "\(id)-reliability"),
      caption: "Reliability. On the dotted line, confidence equals accuracy; below it, the "
        + "predictions are overconfident. Expected calibration error "
        + "\(HTML.number(error, places: 3)).",
      numbers: HTML.table(
        "Reliability, \(subject)", ["confidence", "samples", "mean confidence", "accuracy"], rows))
  }

  /// The ROC points, from no sample classified as positive to all of them.
  private func points(_ curve: ThresholdCounts) -> [(x: Double, y: Double)] {
    let inner = zip(curve.falsePositives, curve.truePositives).reversed().map {
      (
        x: Double($0.0) / Double(max(curve.negatives, 1)),
        y: Double($0.1) / Double(max(curve.positives, 1))
      )
    }
    return [(0, 0)] + inner + [(1, 1)]
  }

  private func area(_ points: [(x: Double, y: Double)]) -> Double {
    zip(points, points.dropFirst()).reduce(0) {
      $0 + ($1.1.x - $1.0.x) * ($1.0.y + $1.1.y) / 2
    }
  }

  private var roc: String {
    let curves = drawn.map { points($0.counts) }
    let areas = zip(drawn, curves).map { drawn, points in
      drawn.counts.negatives > 0 ? area(points) : nil
    }
    let descriptions = zip(drawn, areas).map { "\(names[$0.index]) \(HTML.number($1))" }
    let plot = Plot(
      title: "ROC curves, \(subject)",
      description: "Each class against the rest; areas: \(descriptions.joined(separator: ", ")).",
      x: ("1 − specificity", 0...1), y: ("sensitivity", 0...1),
      curves: [Plot.Curve(name: "", points: [(0, 0), (1, 1)], style: nil)]
        + zip(drawn, curves).enumerated().map { style, pair in
          Plot.Curve(name: names[pair.0.index], points: pair.1, style: style)
        })
    let confusion = details.visible
    let rows = zip(drawn, areas).map { drawn, area in
      let c = drawn.index
      return [
        names[c], "\(drawn.counts.positives)", HTML.number(area, places: 3),
        HTML.number(confusion.recall(c), places: 3),
        HTML.number(confusion.specificity(c), places: 3),
        HTML.number(confusion.precision(c), places: 3), HTML.number(confusion.f1(c), places: 3),
      ]
    }
    return HTML.figure(
      plot.svg(id: "\(id)-roc"),
      caption: "ROC curves: the share of a class that is detected (sensitivity), against the share "
        + "of the other classes that is mistaken for it (1 − specificity).", legend: legend,
      numbers: HTML.table(
        "Classes, \(subject): area under the curve drawn, and scores of the predicted class",
        ["class", "samples", "area", "sensitivity", "specificity", "precision", "F1"], rows))
  }

  private var decision: String {
    let thresholds = ThresholdCounts.thresholds
    let shown = thresholds.indices.filter { (0.01...0.99).contains(thresholds[$0]) }
    func curve(
      _ counts: ThresholdCounts, _ benefit: (ThresholdCounts, Int) -> Double
    ) -> [(x: Double, y: Double)] {
      shown.map { (thresholds[$0], benefit(counts, $0)) }
    }
    // A class of most samples is not what a test looks for, and its scale would leave no room for
    // the other curves.
    let sought = drawn.enumerated().filter { $0.element.prevalence <= 0.5 }
    let highest = max(sought.map(\.element.prevalence).max() ?? 0, 0.05) * 1.05
    let lowest = -highest / 8
    let plot = Plot(
      title: "Decision curves, \(subject)",
      description: "Net benefit of treating by the model's probability of each class, by "
        + "threshold; treating nobody has a net benefit of 0, the thin lines are for treating "
        + "everybody.",
      x: ("threshold", 0...1), y: ("net benefit", lowest...highest),
      curves: [Plot.Curve(name: "", points: [(0, 0), (1, 0)], style: nil)]
        + sought.flatMap { style, c in
          [
            // Only the visible part.
            Plot.Curve(
              name: names[c.index],
              points: curve(c.counts) { $0.netBenefitOfAll($1) }.filter { $0.y >= lowest },
              style: style,
              isThin: true),
            Plot.Curve(
              name: names[c.index], points: curve(c.counts) { $0.netBenefit($1) }, style: style),
          ]
        })
    let chosen = [0.05, 0.1, 0.2, 0.3, 0.5].compactMap { wanted in
      thresholds.firstIndex { ($0 - wanted).magnitude < 1e-9 }
    }
    let rows = drawn.flatMap { c in
      chosen.map { index in
        [
          names[c.index], HTML.number(thresholds[index]),
          HTML.number(c.counts.netBenefit(index), places: 3),
          HTML.number(c.counts.netBenefitOfAll(index), places: 3), "0.000",
        ]
      }
    }
    return HTML.figure(
      plot.svg(id: "\(id)-decision"),
      caption:
        "Decision curves: the net benefit per patient of treating by the model, if a correct "
        + "treatment outweighs (1 − t)/t unnecessary ones at threshold t. Thin lines: treating "
        + "everybody; dotted line: treating nobody. A class with more than half of the samples is "
        + "omitted.",
      legend: legend,
      numbers: HTML.table(
        "Net benefit, \(subject)", ["class", "threshold", "model", "everybody", "nobody"], rows))
  }

  private var confusion: String {
    let rows = names.indices.map { t in
      [names[t]] + (details.confusion[t]?.map { "\($0)" } ?? names.map { _ in "–" })
    }
    return HTML.figure(
      ConfusionPicture(counts: details.confusion, names: names).svg(
        id: "\(id)-confusion", title: "Confusion matrix, \(subject)"),
      caption: "Confusion matrix: true classes in rows, predicted classes in columns, by number. A "
        + "darker cell is a larger share of its row.", legend: hiddenNote,
      numbers: HTML.table(
        "Confusion matrix, \(subject): true class by predicted class", ["true class"] + names, rows)
    )
  }
}
