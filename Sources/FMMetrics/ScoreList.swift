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

  /// What can be chosen.
  public struct Settings: Sendable {
    /// Of the calibration error.
    public var bins = 15
    public var binning = ReliabilityTable.Binning.width
    /// Sensitivity at a specificity of at least this, for each class.
    public var specificity: Double?
    /// Specificity at a sensitivity of at least this.
    public var sensitivity: Double?

    public init() {}
  }

  public private(set) var entries: [Entry] = []

  /// - Parameter names: those of the classes.
  public init(_ predictions: LabelledProbabilities, names: [String], settings: Settings = .init()) {
    let confusion = predictions.confusion
    // A class at a time: its order takes memory.
    let ranked = names.indices.map { c in
      let ranked = RankedScores(predictions, class: c)
      return (
        auc: ranked.auc, interval: ranked.interval, precision: ranked.averagePrecision,
        sensitivity: settings.specificity.map { ranked.sensitivity(atSpecificity: $0) },
        specificity: settings.sensitivity.map { ranked.specificity(atSensitivity: $0) }
      )
    }
    func mean(_ values: [Double?]) -> Double? {
      let defined = values.compactMap { $0 }
      return defined.isEmpty ? nil : defined.reduce(0, +) / Double(defined.count)
    }
    func add(
      _ name: String, _ label: String?, _ value: Double?,
      _ interval: (lower: Double, upper: Double)? = nil
    ) {
      let defined = value?.isFinite == true ? value : nil
      entries.append(Entry(name: name, label: label, value: defined, interval: interval))
    }
    let reliability = ReliabilityTable(
      predictions, bins: settings.bins, binning: settings.binning)
    add("samples", nil, Double(predictions.count))
    for score in Score.allCases {
      let value: Double? =
        switch score {
        case .accuracy: confusion.accuracy
        case .balancedAccuracy: confusion.balancedAccuracy
        case .macroF1: confusion.macroF1
        case .macroPrecision: confusion.macroPrecision
        case .macroRecall: confusion.macroRecall
        case .macroSpecificity: confusion.macroSpecificity
        case .macroAUC: mean(ranked.map(\.auc))
        case .macroAveragePrecision: mean(ranked.map(\.precision))
        case .logLoss: predictions.logLoss
        case .brier: predictions.brier
        case .calibrationError: reliability.calibrationError
        case .cohenKappa: confusion.kappa
        case .matthews: confusion.matthews
        }
      add(score.rawValue, nil, value)
    }
    for (c, label) in names.enumerated() {
      let (isThere, isAll) = (
        confusion.truths(c) > 0, confusion.truths(c) == confusion.total
      )
      add("samples", label, Double(confusion.truths(c)))
      add("precision", label, confusion.precision(c))
      add("recall", label, isThere ? confusion.recall(c) : nil)
      add("specificity", label, isAll ? nil : confusion.specificity(c))
      add("f1", label, confusion.f1(c))
      add("auc", label, ranked[c].auc, ranked[c].interval)
      add("average_precision", label, ranked[c].precision)
      if let value = ranked[c].sensitivity { add("sensitivity_at_specificity", label, value) }
      if let value = ranked[c].specificity { add("specificity_at_sensitivity", label, value) }
    }
  }

  /// The same with intervals: of a class's AUC DeLong's, of all others from the draws of `bootstrap`.
  public init(
    _ predictions: LabelledProbabilities, names: [String], settings: Settings,
    bootstrap: Bootstrap, progress: (Int) -> Void = { _ in }
  ) {
    self.init(predictions, names: names, settings: settings)
    var drawn = [[Double?]](repeating: [], count: entries.count)
    for draw in 0..<bootstrap.count {
      let list = ScoreList(
        predictions.gathering(bootstrap.draw(draw)), names: names, settings: settings)
      for (index, entry) in list.entries.enumerated() { drawn[index].append(entry.value) }
      progress(draw + 1)
    }
    for (index, entry) in entries.enumerated()
    where entry.value != nil && entry.interval == nil && entry.name != "samples" {
      entries[index].interval = Bootstrap.interval(drawn[index], level: 0.95)
    }
  }

  /// A score of all classes together.
  public func value(of name: String) -> Double? {
    entries.first { $0.name == name && $0.label == nil }?.value
  }

}
