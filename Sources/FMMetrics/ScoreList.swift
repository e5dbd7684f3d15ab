/// All scores of a set of predictions by name, over all classes and for each class.
public struct ScoreList: Sendable {
  /// The value of one score.
  public struct Entry: Sendable {
    /// The score's name.
    public let name: String
    /// The class; `nil` for all classes together.
    public let label: String?
    /// The value; `nil` if undefined, for example because the class does not occur.
    public let value: Double?
    /// The 95 % confidence interval; `nil` if unknown.
    public var interval: (lower: Double, upper: Double)?
  }

  /// The options of the scores.
  public struct Settings: Sendable {
    /// The number of bins of the calibration error.
    public var bins = 15
    /// The binning of the calibration error.
    public var binning = ReliabilityTable.Binning.width
    /// Adds the sensitivity at a specificity of at least this value, for each class; `nil` omits
    /// it.
    public var specificity: Double?
    /// Adds the specificity at a sensitivity of at least this value, for each class; `nil` omits
    /// it.
    public var sensitivity: Double?

    /// Creates the default options.
    public init() {}
  }

  /// The scores, first over all classes and then class by class.
  public private(set) var entries: [Entry] = []

  /// Computes all scores without intervals, except DeLong's for the AUC of each class.
  /// - Parameter names: the class names [C].
  public init(_ predictions: LabeledProbabilities, names: [String], settings: Settings = .init()) {
    let confusion = predictions.confusion
    // Only one class at a time, because a ranking takes memory.
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
      let (occurs, isOnlyClass) = (
        confusion.truths(c) > 0, confusion.truths(c) == confusion.total
      )
      add("samples", label, Double(confusion.truths(c)))
      add("precision", label, confusion.precision(c))
      add("recall", label, occurs ? confusion.recall(c) : nil)
      add("specificity", label, isOnlyClass ? nil : confusion.specificity(c))
      add("f1", label, confusion.f1(c))
      add("auc", label, ranked[c].auc, ranked[c].interval)
      add("average_precision", label, ranked[c].precision)
      if let value = ranked[c].sensitivity { add("sensitivity_at_specificity", label, value) }
      if let value = ranked[c].specificity { add("specificity_at_sensitivity", label, value) }
    }
  }

  /// Computes all scores with confidence intervals: DeLong's for the AUC of each class, and
  /// bootstrap intervals for the others.
  /// - Parameters:
  ///   - predictions: the probabilities and true classes.
  ///   - names: the class names [C].
  ///   - settings: the options of the scores.
  ///   - bootstrap: the resampling plan.
  ///   - progress: called with the number of draws done.
  public init(
    _ predictions: LabeledProbabilities, names: [String], settings: Settings,
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

  /// The score with that name over all classes; `nil` if it is unknown or undefined.
  public func value(of name: String) -> Double? {
    entries.first { $0.name == name && $0.label == nil }?.value
  }

}
