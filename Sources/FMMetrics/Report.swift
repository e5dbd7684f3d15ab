import FMBase
import FMNumerics

/// What an evaluation found at a site, as a report archive holds it: the only numbers about samples that
/// leave a site. On the validation split it holds counts alone.
///
/// No number rests on fewer samples than the site's minimum. Fewer samples than that altogether are only
/// counted; classes with fewer are hidden (`Disclosure`), and scores that are means over classes are those
/// of the classes that are shown.
public struct Report: Equatable, Sendable {
  /// What the last predictor at its site's temperature is called.
  public static let calibrated = "calibrated"

  /// What logistic regression at the site alone is called, where it stands beside a method.
  public static let alone = "alone"

  /// The scores of one way to predict.
  public struct Scores: Equatable, Sendable {
    public var correct: Int
    /// Those that are defined.
    public var values: [Score: Double] = [:]
    /// Of the last predictor, and of the calibrated one.
    public var details: Details?
  }

  /// The most that a sample may add to log losses: one site must not decide a temperature alone.
  private static let mostLogLoss = 1000.0

  /// The fewest samples that a number rests on, unless told otherwise.
  public static let minimumCount = 5

  /// The split's name, or `all`.
  public var split: String
  public var total: Int
  /// The fewest samples that a number in it rests on.
  public let minimum: Int
  /// The ways to predict, in the order they are shown in; what the site predicts with is the last one.
  public private(set) var predictors: [String]
  /// Of a validation report: total log losses of the shared part at the temperatures of a method that is
  /// calibrated at the server.
  public var logLosses: [Double]?
  /// By predictor. Empty where there are fewer samples than the minimum.
  public private(set) var scores: [String: Scores]

  /// - Parameters:
  ///   - split: nil is all samples.
  ///   - minimum: the fewest samples that a number may rest on, at least 1.
  /// - Throws: `badData` where a probability is not one.
  public init(
    split: Split?, predictions: Predictions, labels: [Int], names: [String], minimum: Int,
    file: String
  ) throws(FedMedError) {
    self.split = split?.rawValue ?? "all"
    self.minimum = minimum
    total = labels.count
    predictors =
      predictions.parts.map(\.predictor) + (predictions.calibrated == nil ? [] : [Self.calibrated])
    scores = [:]
    guard total == 0 || total >= minimum else { return }
    let counts = names.indices.map { c in labels.count { $0 == c } }
    let disclosure = Disclosure(counts: counts, minimum: minimum)
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
      let probabilities = try LabelledProbabilities(matrix, labels: labels, file: file)
      let details = Details(probabilities, disclosure, minimum: minimum)
      var own = Scores(correct: probabilities.confusion.correct)
      own.values = Self.values(probabilities, details, disclosure, names)
      if isLast || predictor == Self.calibrated { own.details = details }
      scores[predictor] = own
    }
  }

  /// The scores that are defined: of all samples where they are means over samples, of the classes that
  /// are shown where they are means over classes.
  private static func values(
    _ predictions: LabelledProbabilities, _ details: Details, _ disclosure: Disclosure,
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

  /// Whether it says how many samples were right.
  public var hasCounts: Bool { total > 0 && uncalibrated != nil }

  /// How many classes are hidden.
  public var hiddenClasses: Int { final?.details?.hidden.count ?? 0 }

  /// The scores of what the method predicts with.
  public var uncalibrated: Scores? {
    predictors.last { $0 != Self.calibrated }.flatMap { scores[$0] }
  }

  /// The scores of what the site predicts with: the calibrated ones where there are some.
  public var final: Scores? { scores[Self.calibrated] ?? uncalibrated }

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

  /// Says which ways to predict there can be, in their order; a report that was read does not know.
  /// - Throws: `badData` where it has scores of another one.
  package mutating func setPredictors(_ names: [String]) throws(FedMedError) {
    let all = names + [Self.calibrated]
    if let odd = scores.keys.sorted().first(where: { !all.contains($0) }) {
      throw FedMedError(
        .badData, "metrics.\(printable(odd)) is unknown or has a value that it cannot have",
        place: "metrics.json")
    }
    predictors = names + (scores[Self.calibrated] == nil ? [] : [Self.calibrated])
  }

  /// - Throws: `badData` where the numbers contradict each other, or the split is not one.
  package func validate(classes: Int, file: String) throws(FedMedError) {
    func check(_ valid: Bool, _ reason: String) throws(FedMedError) {
      guard valid else {
        throw FedMedError(.badData, reason, file: file, place: "metrics.json")
      }
    }
    try check(
      split == "all" || Split(rawValue: split) != nil, "unknown split '\(printable(split))'")
    try check((0..<1 << 40).contains(total), "\(total) samples")
    try check((1...1 << 20).contains(minimum), "a minCount of \(minimum)")
    let isHidden = total > 0 && total < minimum
    try check(
      isHidden ? scores.isEmpty : uncalibrated != nil,
      isHidden
        ? "scores of fewer than \(minimum) samples"
        : "no \(predictors.last { $0 != Self.calibrated } ?? "scores")")
    if let logLosses {
      try check(
        split == Split.validation.rawValue && hasCounts && (1...64).contains(logLosses.count)
          && logLosses.allSatisfy { (0...Self.mostLogLoss * Double(total)).contains($0) },
        "impossible log losses")
    }
    for predictor in predictors {
      guard let own = scores[predictor] else { continue }
      try check(isValid(own, classes: classes), "\(predictor) has impossible scores")
    }
  }

  private func isValid(_ own: Scores, classes: Int) -> Bool {
    guard (0...total).contains(own.correct),
      // Means may differ in their last bits from what they are of.
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
