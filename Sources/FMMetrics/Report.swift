import FMBase
import FMNumerics

/// The result of an evaluation at a site, stored in a report archive: the only numbers about
/// samples that leave a site. For the validation split it holds counts only.
///
/// No number rests on fewer samples than the site's minimum. If there are fewer samples in all,
/// only their number is reported; classes with fewer samples are hidden (`Disclosure`), and macro
/// averages run over the classes that are shown.
public struct Report: Equatable, Sendable {
  /// The name of the last predictor after calibration with the site's temperature.
  public static let calibrated = "calibrated"

  /// The name of the baseline: logistic regression on the site's own samples alone.
  public static let alone = "alone"

  /// The name of the baseline that always predicts the most frequent class of the samples: no
  /// constant prediction is more accurate.
  public static let majority = "majority"

  /// The scores of a constant prediction. It has no confidence, so scores of probabilities say
  /// nothing about it, and they would tell how frequent hidden classes are.
  private static let constantScores: Set<Score> = [
    .accuracy, .balancedAccuracy, .macroF1, .macroPrecision, .macroRecall, .macroSpecificity,
    .macroAUC,
  ]

  /// The scores of one predictor.
  public struct Scores: Equatable, Sendable {
    /// The number of correct predictions.
    public var correct: Int
    /// The scores that are defined.
    public var values: [Score: Double] = [:]
    /// The sums behind the figures; only for the last predictor and the calibrated one.
    public var details: Details?
  }

  /// The largest log loss of one sample in a sum, so that a single site cannot decide a temperature
  /// alone.
  private static let maximumLogLoss = 1000.0

  /// The default of `minimum`.
  public static let minimumCount = 5

  /// The name of the evaluated split, or `all`.
  public var split: String
  /// The number of samples.
  public var total: Int
  /// The fewest samples that any number in the report rests on.
  public let minimum: Int
  /// The predictors, in display order; the site predicts with the last one.
  public private(set) var predictors: [String]
  /// The total log loss of the shared part on validation samples at each candidate temperature of a
  /// method calibrated by the server; `nil` in all other reports.
  public var logLosses: [Double]?
  /// The scores by predictor; empty if there are fewer samples than the minimum.
  public private(set) var scores: [String: Scores]
  /// The main scores in bootstrap draws of the samples; `nil` if none were drawn. They are stored
  /// beside `metrics.json`.
  public package(set) var draws: ScoreDraws?

  /// Evaluates predictions.
  /// - Parameters:
  ///   - split: the evaluated split; `nil` is all samples.
  ///   - predictions: the probabilities of each predictor [N, C].
  ///   - labels: the true class of each sample [N].
  ///   - names: the class names [C].
  ///   - minimum: the fewest samples that a number may rest on, at least 1.
  ///   - plan: the plan of bootstrap draws; `nil` draws none. Nothing is drawn from fewer units
  ///     than `ScoreDraws.fewestUnits`.
  ///   - file: the file name in messages.
  /// - Throws: `badData` if a value is not a probability or a label is out of range.
  public init(
    split: Split?, predictions: Predictions, labels: [Int], names: [String], minimum: Int,
    plan: ScoreDraws.Plan? = nil, file: String
  ) throws(FedMedError) {
    self.split = split?.rawValue ?? "all"
    self.minimum = minimum
    total = labels.count
    let counts = names.indices.map { c in labels.count { $0 == c } }
    let disclosure = Disclosure(counts: counts, minimum: minimum)
    let hasMajority = Self.mostFrequent(counts).map { disclosure.isShown[$0] } ?? false
    predictors =
      predictions.parts.map(\.predictor).filter { $0 != Self.majority || hasMajority }
      + (predictions.calibrated == nil ? [] : [Self.calibrated])
    scores = [:]
    guard total == 0 || total >= minimum else { return }
    var drawn: [(predictor: String, probabilities: LabeledProbabilities)] = []
    let last = predictions.parts[predictions.parts.count - 1].predictor
    for predictor in predictors {
      let isLast = predictor == last
      guard
        let matrix = isLast
          ? predictions.uncalibrated : predictions[predictor] ?? predictions.calibrated
      else { continue }
      guard split != .validation else {
        guard isLast else { continue }
        let hits = zip(Predictions.classes(matrix), labels).count { $0 == $1 }
        scores[predictor] = Scores(correct: hits)
        continue
      }
      guard !labels.isEmpty else {
        scores[predictor] = Scores(correct: 0)
        continue
      }
      let probabilities = try LabeledProbabilities(matrix, labels: labels, file: file)
      let details = Details(probabilities, disclosure, minimum: minimum)
      var own = Scores(correct: probabilities.confusion.correct)
      own.values = Self.values(probabilities, details, disclosure, names)
      if predictor == Self.majority {
        own.values = own.values.filter { Self.constantScores.contains($0.key) }
      }
      drawn.append((predictor, probabilities))
      if isLast || predictor == Self.calibrated { own.details = details }
      scores[predictor] = own
    }
    guard var plan, !drawn.isEmpty,
      plan.units(of: total)
        >= ScoreDraws.fewestUnits(minimum: minimum, areGroups: plan.groups != nil)
    else { return }
    plan.minimum = minimum
    draws = ScoreDraws(drawn, isShown: disclosure.isShown, plan: plan)
  }

  /// The baseline's prediction: the first of the most frequent classes.
  /// - Parameters:
  ///   - labels: the true class of each sample [N].
  ///   - classes: C, the number of classes.
  public static func majority(labels: [Int], classes: Int) -> Predictions.Part {
    let counts = (0..<classes).map { c in labels.count { $0 == c } }
    var probabilities = Matrix(rows: labels.count, columns: classes)
    if let largest = mostFrequent(counts) {
      for row in 0..<labels.count { probabilities[row, largest] = 1 }
    }
    return Predictions.Part(majority, probabilities)
  }

  /// The first of the classes with the largest count.
  private static func mostFrequent(_ counts: [Int]) -> Int? {
    counts.max().flatMap(counts.firstIndex)
  }

  /// The scores that are defined. Means over samples use all samples; means over classes use the
  /// classes that are shown.
  private static func values(
    _ predictions: LabeledProbabilities, _ details: Details, _ disclosure: Disclosure,
    _ names: [String]
  ) -> [Score: Double] {
    var values = details.values
    let list = ScoreList(predictions, names: names)
    for score in [Score.accuracy, .logLoss, .brier] {
      values[score] = list.value(of: score.rawValue)
    }
    for (score, name) in [(Score.macroAUC, "auc"), (.macroAveragePrecision, "average_precision")] {
      let defined = list.entries.filter { $0.name == name && $0.label != nil }
        .enumerated().compactMap { c, entry in disclosure.isShown[c] ? entry.value : nil }
      values[score] = defined.isEmpty ? nil : defined.reduce(0, +) / Double(defined.count)
    }
    return values.filter(\.value.isFinite)
  }

  /// Whether the report includes the number of correct predictions.
  public var hasCounts: Bool { total > 0 && uncalibrated != nil }

  /// Whether a score means anything: a mean over a single class, where all others are hidden, does
  /// not.
  public func isDefined(_ score: Score) -> Bool {
    let means: Set<Score> = [
      .balancedAccuracy, .macroF1, .macroPrecision, .macroRecall, .macroSpecificity,
    ]
    guard means.contains(score), let matrix = final?.details?.visible else { return true }
    return matrix.counts.indices.count { matrix.truths($0) > 0 } > 1
  }

  /// The number of hidden classes.
  public var hiddenClasses: Int { final?.details?.hidden.count ?? 0 }

  /// The scores of the last predictor, before calibration; `nil` if there are too few samples.
  public var uncalibrated: Scores? {
    predictors.last { $0 != Self.calibrated }.flatMap { scores[$0] }
  }

  /// The scores of the site's final predictions, calibrated if possible; `nil` if there are too few
  /// samples.
  public var final: Scores? { scores[Self.calibrated] ?? uncalibrated }

  /// The content of `metrics.json`.
  public var json: JSON {
    .object(
      [
        JSON.Member(key: "split", value: .string(split)),
        JSON.Member(key: "total", value: .integer(total)),
        JSON.Member(key: "minCount", value: .integer(minimum)),
      ]
        + predictors.compactMap { predictor in
          scores[predictor].map { JSON.Member(key: predictor, value: $0.json) }
        }
        + (logLosses.map { losses in
          [JSON.Member(key: "logLosses", value: .array(losses.map { .number($0) }))]
        } ?? []))
  }

  /// Sets the predictors in their order, which a report read from an archive does not know.
  /// - Throws: `badData` if it has scores of another predictor.
  package mutating func setPredictors(_ names: [String]) throws(FedMedError) {
    let all = names + [Self.calibrated]
    if let odd = scores.keys.sorted().first(where: { !all.contains($0) }) {
      throw FedMedError(
        .badData, "metrics.\(printable(odd)) is unknown or has an invalid value",
        place: "metrics.json")
    }
    predictors = names + (scores[Self.calibrated] == nil ? [] : [Self.calibrated])
  }

  /// Checks that the numbers are consistent.
  /// - Throws: `badData` if they contradict each other, or the split is unknown.
  package func validate(classes: Int, file: String) throws(FedMedError) {
    func check(_ valid: Bool, _ reason: String) throws(FedMedError) {
      guard valid else {
        throw FedMedError(.badData, reason, file: file, place: "metrics.json")
      }
    }
    try check(
      split == "all" || Split(rawValue: split) != nil, "unknown split '\(printable(split))'")
    try check((0..<1 << 40).contains(total), "\(total) samples, out of range")
    try check((1...1 << 20).contains(minimum), "minCount \(minimum), out of range")
    let isHidden = total > 0 && total < minimum
    try check(
      isHidden ? scores.isEmpty : uncalibrated != nil,
      isHidden
        ? "has scores of fewer than \(minimum) samples"
        : "missing \(predictors.last { $0 != Self.calibrated } ?? "scores")")
    if let logLosses {
      try check(
        split == Split.validation.rawValue && hasCounts && (1...64).contains(logLosses.count)
          && logLosses.allSatisfy { (0...Self.maximumLogLoss * Double(total)).contains($0) },
        "impossible log losses")
    }
    for predictor in predictors {
      guard let own = scores[predictor] else { continue }
      try check(isValid(own, classes: classes), "\(predictor) has impossible scores")
    }
  }

  private func isValid(_ own: Scores, classes: Int) -> Bool {
    guard (0...total).contains(own.correct),
      // Means may exceed the range of their terms by rounding errors.
      own.values.allSatisfy({
        ($0.range.lowerBound - 1e-9...$0.range.upperBound + 1e-9).contains($1)
      })
    else { return false }
    if total == 0 || split == Split.validation.rawValue {
      return own.values.isEmpty && own.details == nil
    }
    var expected: [Score: Double] = [:]
    if let details = own.details {
      guard
        details.isValid(total: total, correct: own.correct, classes: classes, minimum: minimum)
      else { return false }
      expected = details.values.filter(\.value.isFinite)
    }
    expected[.accuracy] = Double(own.correct) / Double(total)
    return expected.allSatisfy { score, value in
      own.values[score].map { ($0 - value).magnitude < 1e-9 } ?? false
    }
  }
}

extension Report: Decodable {
  private static let own: Set<String> = ["split", "total", "minCount", "logLosses"]

  /// Decodes the numbers without validating them.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    split = try container.decode(String.self, forKey: AnyKey("split"))
    total = try container.decode(Int.self, forKey: AnyKey("total"))
    minimum = try container.decode(Int.self, forKey: AnyKey("minCount"))
    predictors = container.allKeys.map(\.stringValue).filter { !Self.own.contains($0) }.sorted()
    logLosses = try container.decodeIfPresent([Double].self, forKey: AnyKey("logLosses"))
    scores = [:]
    for predictor in predictors {
      scores[predictor] = try container.decode(Scores.self, forKey: AnyKey(predictor))
    }
  }
}

extension Report.Scores: Decodable {
  /// Decodes the numbers without validating them.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    correct = try container.decode(Int.self, forKey: AnyKey("correct"))
    for score in Score.allCases {
      values[score] = try container.decodeIfPresent(
        Double.self, forKey: AnyKey(score.key))
    }
    details = try container.decodeIfPresent(
      Report.Details.self, forKey: AnyKey("details"))
  }

  package var json: JSON {
    .object(
      [JSON.Member(key: "correct", value: .integer(correct))]
        + Score.allCases.compactMap { score in
          values[score].map { JSON.Member(key: score.key, value: .number($0)) }
        }
        + (details.map { [JSON.Member(key: "details", value: $0.json)] } ?? []))
  }
}
