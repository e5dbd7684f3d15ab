import ArgumentParser
import FMCommand
import FedMed

/// The views of predictions.
enum ScoreView: String, CaseIterable, ExpressibleByArgument {
  case confusion, reliability, roc, decision
}

/// Prints a view of predictions.
struct ShowVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a confusion matrix, a reliability table, or the points of a curve.",
    usage: "fm-eval show VIEW [options] [PREDICTIONS]")

  @OptionGroup var bins: BinOptions

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "confusion, reliability, roc (points of the curve) or decision (net benefit).")
  var view: ScoreView

  @Argument(
    help: "Predictions as an archive or a table; - is standard input.", completion: .file())
  var predictions = "-"

  mutating func validate() throws {
    guard view == .reliability || !bins.isGiven else {
      throw ValidationError("--bins and --binning require the view reliability")
    }
  }

  // The table is written row by row, because a ROC curve has a point for each distinct probability.
  func execute() throws(FedMedError) {
    let source = try PredictionSource(path: predictions, group: nil, samples: nil)
    try Output.write(to: text.output, inputs: [predictions], isBinary: false) {
      descriptor, file throws(FedMedError) in
      var writer = try RecordWriter(
        view.rawValue, columns: ["predictor"] + view.columns, text.table, to: descriptor,
        file: file, messages: verbosity.quiet ? nil : messages)
      for (predictor, own) in source.predictions {
        switch view {
        case .confusion:
          for row in Self.rows(own.confusion, source.classes) {
            try writer.add([.string(predictor)] + row)
          }
        case .reliability:
          let table = ReliabilityTable(
            own, bins: bins.bins ?? 15, binning: bins.binning ?? .width)
          for row in Self.rows(table) { try writer.add([.string(predictor)] + row) }
        case .roc:
          for (c, name) in source.classes.enumerated() {
            let ranked = RankedScores(own, class: c)
            for point in ranked.points {
              try writer.add([.string(predictor)] + Self.row(point, ranked, name))
            }
          }
        case .decision:
          for (c, name) in source.classes.enumerated() {
            for row in Self.benefits(RankedScores(own, class: c), name) {
              try writer.add([.string(predictor)] + row)
            }
          }
        }
      }
      try writer.finish()
    }
  }

  private static func rows(_ confusion: ConfusionMatrix, _ names: [String]) -> [[JSON]] {
    names.indices.flatMap { t in
      names.indices.map { p in
        [.string(names[t]), .string(names[p]), .integer(confusion.counts[t][p])]
      }
    }
  }

  private static func rows(_ table: ReliabilityTable) -> [[JSON]] {
    table.bins.map { bin in
      [
        .rounded(bin.lower, places: 6), .rounded(bin.upper, places: 6), .integer(bin.count),
        .rounded(bin.meanConfidence, places: 6), .rounded(bin.accuracy, places: 6),
      ]
    }
  }

  private static func row(
    _ point: RankedScores.Point, _ ranked: RankedScores, _ name: String
  ) -> [JSON] {
    [
      .string(name), .rounded(point.threshold, places: 9),
      .rounded(ranked.sensitivity(point), places: 6),
      .rounded(ranked.specificity(point), places: 6),
    ]
  }

  private static func benefits(_ ranked: RankedScores, _ name: String) -> [[JSON]] {
    (1...99).map { percent in
      let threshold = Double(percent) / 100
      return [
        .string(name), .rounded(threshold, places: 2),
        .rounded(ranked.netBenefit(at: threshold), places: 6),
        .rounded(ranked.netBenefitOfAll(at: threshold), places: 6), .rounded(0, places: 6),
      ]
    }
  }
}

extension ScoreView {
  /// The columns after `predictor`.
  fileprivate var columns: [String] {
    switch self {
    case .confusion: ["truth", "predicted", "samples"]
    case .reliability: ["lower", "upper", "samples", "confidence", "accuracy"]
    case .roc: ["class", "threshold", "sensitivity", "specificity"]
    case .decision: ["class", "threshold", "model", "all", "none"]
    }
  }
}
