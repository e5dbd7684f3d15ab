/// Every score of a set of predictions, by its name: of all classes together, and of each.
public struct ScoreList: Sendable {
  public struct Entry: Sendable {
    public let name: String
    /// nil is all classes together.
    public let label: String?
    /// nil where it is not defined: of a class that does not occur, say.
    public let value: Double?
    /// Where it lies with 95 % confidence, where that is known.
    public var interval: (lower: Double, upper: Double)?
  }

  public private(set) var entries: [Entry]

  /// - Parameter names: those of the classes.
  public init(
    _ predictions: LabelledProbabilities, names: [String], bins: Int,
    binning: ReliabilityTable.Binning
  ) {
    let confusion = predictions.confusion
    let ranked = names.indices.map { RankedScores(predictions, class: $0) }
    func mean(_ values: [Double?]) -> Double? {
      let defined = values.compactMap { $0 }
      return defined.isEmpty ? nil : defined.reduce(0, +) / Double(defined.count)
    }
    let reliability = ReliabilityTable(predictions, bins: bins, binning: binning)
    let all: [(String, Double?)] = [
      ("samples", Double(predictions.count)), ("accuracy", confusion.accuracy),
      ("balanced_accuracy", confusion.balancedAccuracy),
      ("macro_precision", confusion.macroPrecision), ("macro_recall", confusion.macroRecall),
      ("macro_specificity", confusion.macroSpecificity), ("macro_f1", confusion.macroF1),
      ("macro_auc", mean(ranked.map(\.auc))),
      ("macro_average_precision", mean(ranked.map(\.averagePrecision))),
      ("log_loss", predictions.logLoss), ("brier", predictions.brier),
      ("ece", reliability.calibrationError), ("cohen_kappa", confusion.kappa),
      ("matthews", confusion.matthews),
    ]
    var entries = all.map { Entry(name: $0.0, label: nil, value: $0.1) }
    for (c, label) in names.enumerated() {
      let isThere = confusion.truths(c) > 0
      let own: [(String, Double?)] = [
        ("samples", Double(confusion.truths(c))), ("precision", confusion.precision(c)),
        ("recall", isThere ? confusion.recall(c) : nil),
        ("specificity", confusion.truths(c) < confusion.total ? confusion.specificity(c) : nil),
        ("f1", confusion.f1(c)), ("auc", ranked[c].auc),
        ("average_precision", ranked[c].averagePrecision),
      ]
      entries += own.map { Entry(name: $0.0, label: label, value: $0.1) }
    }
    self.entries = entries.map { entry in
      entry.value?.isFinite == false
        ? Entry(name: entry.name, label: entry.label, value: nil) : entry
    }
  }

  /// The same with intervals: of a class's AUC DeLong's, of all others from the draws of `bootstrap`,
  /// where there is one.
  public init(
    _ predictions: LabelledProbabilities, names: [String], bins: Int,
    binning: ReliabilityTable.Binning, bootstrap: Bootstrap?
  ) {
    self.init(predictions, names: names, bins: bins, binning: binning)
    let drawn = (bootstrap?.draws ?? []).map { rows in
      ScoreList(predictions.gathering(rows), names: names, bins: bins, binning: binning).entries
    }
    for (index, entry) in entries.enumerated() where entry.value != nil {
      if entry.name == "auc", let c = names.firstIndex(where: { $0 == entry.label }) {
        entries[index].interval = DeLong(predictions, class: c)?.interval
      } else if !drawn.isEmpty && entry.name != "samples" {
        entries[index].interval = Bootstrap.interval(
          drawn.map { $0[index].value }, level: 0.95)
      }
    }
  }

  /// A score of all classes together.
  public func value(of name: String) -> Double? {
    entries.first { $0.name == name && $0.label == nil }?.value
  }

  /// Whether there is a score of that name.
  public func has(_ name: String) -> Bool {
    entries.contains { $0.name == name && $0.label == nil }
  }
}

/// A demand on a score of all classes together, such as `macro_f1>=.7`.
public struct Requirement: Sendable {
  public let text: String
  public let name: String
  private let comparison: String
  private let bound: Double

  /// nil where the text is no such demand.
  public init?(_ text: String) {
    self.text = text
    guard let match = text.wholeMatch(of: /\s*([a-z0-9_]+)\s*(>=|<=|>|<)\s*([-+.0-9eE]+)\s*/),
      let bound = Double(match.3.hasPrefix(".") ? "0\(match.3)" : String(match.3))
    else { return nil }
    (name, comparison, self.bound) = (String(match.1), String(match.2), bound)
  }

  /// What is not defined meets nothing.
  public func isMet(by value: Double?) -> Bool {
    guard let value else { return false }
    switch comparison {
    case ">=": return value >= bound
    case "<=": return value <= bound
    case ">": return value > bound
    default: return value < bound
    }
  }
}
