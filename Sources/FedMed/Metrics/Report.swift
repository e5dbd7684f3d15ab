/// What an evaluation found at a site, as a report archive holds it. On the validation split it
/// holds counts alone.
public struct Report: Equatable, Sendable {
  /// The ways to predict, in the order they are shown in.
  public enum Predictor: String, CaseIterable, Sendable {
    case fam, mlp, ensemble, calibrated
  }

  /// The scores of one way to predict.
  public struct Scores: Equatable, Sendable {
    public var correct: Int
    /// Those that are defined.
    public var values: [Score: Double] = [:]
    /// Of what a site predicts with, the ensemble and the calibrated one.
    public var details: Details?
  }

  /// What pictures are made of: sums over samples, which can be added up over sites.
  public struct Details: Codable, Equatable, Sendable {
    /// [true][predicted].
    public var confusion: [[Int]]
    /// By confidence, in bins of equal width.
    public var reliability: [ReliabilityTable.Bin]
    /// For each class.
    public var curves: [ThresholdCounts]

    init(_ predictions: LabelledProbabilities) {
      confusion = predictions.confusion.counts
      reliability = ReliabilityTable(predictions, bins: 15, binning: .width).bins
      curves = (0..<predictions.classes).map { ThresholdCounts(predictions, class: $0) }
    }

    /// The scores that follow from the sums, by their definitions.
    public var values: [Score: Double] {
      let matrix = ConfusionMatrix(counts: confusion)
      return [
        .accuracy: matrix.accuracy, .balancedAccuracy: matrix.balancedAccuracy,
        .macroF1: matrix.macroF1, .macroPrecision: matrix.macroPrecision,
        .macroRecall: matrix.macroRecall, .macroSpecificity: matrix.macroSpecificity,
        .calibrationError: ReliabilityTable.calibrationError(reliability),
        .cohenKappa: matrix.kappa, .matthews: matrix.matthews,
      ]
    }

    /// Adds those of other samples.
    public mutating func add(_ other: Details) {
      for t in confusion.indices {
        for p in confusion.indices { confusion[t][p] += other.confusion[t][p] }
      }
      for c in curves.indices { curves[c].add(other.curves[c]) }
      for bin in other.reliability {
        if let place = reliability.firstIndex(where: { $0.lower == bin.lower }) {
          reliability[place].add(bin)
        } else {
          reliability.append(bin)
        }
      }
      reliability.sort { $0.lower < $1.lower }
    }
  }

  /// The split's name, or `all`.
  public var split: String
  public var total: Int
  public private(set) var scores: [Predictor: Scores]

  /// - Parameter split: nil is all samples.
  /// - Throws: `badData` where a probability is none.
  public init(
    split: Split?, predictions: Predictions, labels: [Int], names: [String], file: String
  ) throws(FedMedError) {
    self.split = split?.rawValue ?? "all"
    total = labels.count
    scores = [:]
    for predictor in Predictor.allCases {
      guard let matrix = predictions[predictor] else { continue }
      guard split != .validation else {
        guard predictor == .ensemble else { continue }
        let hits = zip(Predictions.classes(matrix), labels).count { $0 == $1 }
        scores[predictor] = Scores(correct: hits)
        continue
      }
      guard !labels.isEmpty else {
        scores[predictor] = Scores(correct: 0)
        continue
      }
      let probabilities = try LabelledProbabilities(matrix, labels: labels, file: file)
      let list = ScoreList(probabilities, names: names)
      var own = Scores(correct: probabilities.confusion.correct)
      for score in Score.allCases { own.values[score] = list.value(of: score.rawValue) }
      if predictor == .ensemble || predictor == .calibrated {
        own.details = Details(probabilities)
      }
      scores[predictor] = own
    }
  }

  /// The scores of what the site predicts with: the calibrated ensemble where there is one.
  public var final: Scores? { scores[.calibrated] ?? scores[.ensemble] }

  public var json: JSON {
    .object(
      [
        JSON.Member(key: "split", value: .string(split)),
        JSON.Member(key: "total", value: .integer(total)),
      ]
        + Predictor.allCases.compactMap { predictor in
          scores[predictor].map { JSON.Member(key: predictor.rawValue, value: $0.json) }
        })
  }

  /// - Throws: `badData` where the numbers contradict each other.
  func validate(classes: Int, file: String) throws(FedMedError) {
    guard total < 1 << 40 else {
      throw FedMedError(.badData, "\(total) samples", file: file, place: "metrics.json")
    }
    for predictor in Predictor.allCases {
      guard let own = scores[predictor] else { continue }
      let isValid =
        total >= 0 && (0...total).contains(own.correct)
        && own.values.allSatisfy { $0.range.contains($1) }
        && own.details?.isValid(total: total, correct: own.correct, classes: classes) ?? true
      guard isValid else {
        throw FedMedError(
          .badData, "\(predictor.rawValue) has impossible scores", file: file,
          place: "metrics.json")
      }
    }
  }
}

extension Report: Decodable {
  private enum CodingKeys: String, CodingKey {
    case split, total, fam, mlp, ensemble, calibrated
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    split = try container.decode(String.self, forKey: .split)
    total = try container.decode(Int.self, forKey: .total)
    scores = [
      .ensemble: try container.decode(Scores.self, forKey: .ensemble)
    ]
    scores[.fam] = try container.decodeIfPresent(Scores.self, forKey: .fam)
    scores[.mlp] = try container.decodeIfPresent(Scores.self, forKey: .mlp)
    scores[.calibrated] = try container.decodeIfPresent(Scores.self, forKey: .calibrated)
  }
}

extension Report.Scores: Decodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    correct = try container.decode(Int.self, forKey: Key(stringValue: "correct"))
    for score in Score.allCases {
      values[score] = try container.decodeIfPresent(
        Double.self, forKey: Key(stringValue: score.key))
    }
    details = try container.decodeIfPresent(
      Report.Details.self, forKey: Key(stringValue: "details"))
  }

  var json: JSON {
    .object(
      [JSON.Member(key: "correct", value: .integer(correct))]
        + Score.allCases.compactMap { score in
          values[score].map { JSON.Member(key: score.key, value: .number($0)) }
        }
        + (details.map { [JSON.Member(key: "details", value: $0.json)] } ?? []))
  }
}

extension Report.Details {
  var json: JSON {
    .object([
      "confusion": .array(confusion.map { row in .array(row.map { .integer($0) }) }),
      "reliability": .array(reliability.map(\.json)), "curves": .array(curves.map(\.json)),
    ])
  }

  func isValid(total: Int, correct: Int, classes: Int) -> Bool {
    /// nil where a number is negative, or all together are more than there are samples.
    func sum(_ counts: [Int]) -> Int? {
      counts.reduce(0) { sum, count in
        sum.flatMap { (0...total - $0).contains(count) ? $0 + count : nil }
      }
    }
    guard confusion.count == classes, confusion.allSatisfy({ $0.count == classes }),
      sum(confusion.flatMap { $0 }) == total, sum(reliability.map(\.count)) == total
    else { return false }
    return confusion.indices.reduce(0) { $0 + confusion[$1][$1] } == correct
      && curves.count == classes
      && zip(curves, confusion).allSatisfy { curve, row in
        let positives = row.reduce(0, +)
        return curve.isValid && curve.positives == positives
          && curve.negatives == total - positives
      }
      && reliability.allSatisfy(\.isValid)
      && zip(reliability, reliability.dropFirst()).allSatisfy { $0.upper <= $1.lower }
  }
}
