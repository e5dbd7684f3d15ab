import FMBase
import FMNumerics

/// The main scores of several predictors in bootstrap draws of the same samples. Intervals of the
/// scores follow from them, and so do those of means over sites and of differences between
/// predictors or between two models.
public struct ScoreDraws: Equatable, Sendable {
  /// The scores, in the order of the last axis of `values`.
  public static let scores: [Score] = [.accuracy, .balancedAccuracy, .macroAUC]
  /// The value of an undefined score.
  package static let undefined: Float = -1
  /// The level of all intervals.
  public static let level = 0.95

  /// What identifies the draws: two reports with the same value drew the same samples.
  public let samples: String
  /// The number of draws.
  public let count: Int
  /// The number of units that were drawn: samples or groups.
  public let units: Int
  /// The name of the groups, such as `patient`; `nil` if single samples were drawn.
  public let group: String?
  /// The predictors, in the order of the second axis of `values`.
  public let predictors: [String]
  /// The scores [draws, predictors, scores], from 0 to 1; -1 where a score is undefined.
  public let values: [Float]

  /// Creates draws from their parts.
  package init(
    samples: String, count: Int, units: Int, group: String?, predictors: [String], values: [Float]
  ) {
    (self.samples, self.count, self.units) = (samples, count, units)
    (self.group, self.predictors, self.values) = (group, predictors, values)
  }

  /// The plan of the draws at a site.
  public struct Plan: Sendable {
    /// What identifies the samples and the draws.
    public let samples: String
    /// The number of draws.
    public let count: Int
    /// The seed of the draws. It stays at the site: with known draws, the scores of many draws
    /// would tell which samples were predicted correctly.
    let seed: UInt64
    /// The number of each sample's group [N]; `nil` draws single samples.
    public let groups: [Int]?
    /// The name of the groups; `nil` if there are none.
    public let group: String?
    /// The fewest units of a stratum.
    var minimum = 1

    /// Creates a plan.
    public init(samples: String, count: Int, seed: UInt64, groups: [Int]?, group: String?) {
      (self.samples, self.count, self.seed) = (samples, count, seed)
      (self.groups, self.group) = (groups, group)
    }

    /// The number of units to draw from `samples` samples.
    func units(of samples: Int) -> Int { groups.map { Set($0).count } ?? samples }

    /// The stratum of each sample: its class, or one common stratum for the classes that are hidden
    /// or have fewer than `minimum` units, so that the draws do not describe single units.
    func strata(of labels: [Int], isShown: [Bool]) -> [Int] {
      var (units, seen) = ([Int](repeating: 0, count: isShown.count), Set<Int>())
      for (row, label) in labels.enumerated() {
        // A group belongs to the class of its first sample.
        if seen.insert(groups?[row] ?? row).inserted { units[label] += 1 }
      }
      return labels.map { isShown[$0] && units[$0] >= minimum ? $0 : isShown.count }
    }
  }

  /// The fewest units that are drawn: for groups four times a report's minimum, because draws of a
  /// few patients would tell how many samples each of them has.
  package static func fewestUnits(minimum: Int, areGroups: Bool) -> Int {
    areGroups ? 4 * minimum : minimum
  }

  /// Draws samples and scores all predictors on each draw.
  /// - Parameters:
  ///   - predictions: the probabilities of each predictor on the same samples, at least one.
  ///   - isShown: whether a class is shown [C]. Scores over classes omit the others.
  ///   - plan: the plan of the draws.
  init(
    _ predictions: [(predictor: String, probabilities: LabeledProbabilities)], isShown: [Bool],
    plan: Plan
  ) {
    let labels = predictions[0].probabilities.labels
    let strata = plan.strata(of: labels, isShown: isShown)
    let bootstrap = Bootstrap(
      labels: strata, groups: plan.groups, count: plan.count, seed: plan.seed)
    let ranked = predictions.map { RankedSamples($0.probabilities, isShown: isShown) }
    var weights = [Int](repeating: 0, count: labels.count)
    var values: [Float] = []
    values.reserveCapacity(plan.count * predictions.count * Self.scores.count)
    for draw in 0..<plan.count {
      for row in weights.indices { weights[row] = 0 }
      for row in bootstrap.draw(draw) { weights[row] += 1 }
      for samples in ranked {
        for value in samples.scores(weights) {
          values.append(value.map { Float($0) } ?? Self.undefined)
        }
      }
    }
    // Other classes would be other means, from other draws.
    let shown = isShown.map { $0 ? "1" : "0" }.joined()
    self.init(
      samples: SHA256.hexadecimal(SHA256.digest(Array("\(plan.samples)\n\(shown)".utf8))),
      count: plan.count,
      units: plan.units(of: labels.count), group: plan.group,
      predictors: predictions.map(\.predictor), values: values)
  }

  /// The values of a score by draw; `nil` in a draw where it is undefined. `nil` for an unknown
  /// predictor or a score that was not drawn.
  public func values(of predictor: String, _ score: Score) -> [Double?]? {
    guard let p = predictors.firstIndex(of: predictor), let s = Self.scores.firstIndex(of: score)
    else { return nil }
    return (0..<count).map { draw in
      let value = values[(draw * predictors.count + p) * Self.scores.count + s]
      return value == Self.undefined ? nil : Double(value)
    }
  }

  /// Whether both drew the same samples in the same order, so that their draws can be paired.
  public func isPaired(with other: ScoreDraws) -> Bool {
    samples == other.samples && count == other.count && units == other.units
  }

  /// Whether the values are possible scores.
  package var isValid: Bool {
    values.count == count * predictors.count * Self.scores.count
      && values.allSatisfy { $0 == Self.undefined || (0...1).contains($0) }
  }
}

/// The samples of one predictor, prepared to be scored with many sets of weights: they are sorted
/// once for each class, so that a draw needs no sorting.
private struct RankedSamples {
  /// A sample in the order of its probability of a class, from high to low.
  private struct Place {
    let row: Int
    let isPositive: Bool
    /// Whether the next sample has a lower probability.
    let isLast: Bool
  }

  private let labels: [Int]
  private let isCorrect: [Bool]
  private let isShown: [Bool]
  /// The samples in the order of each class that is shown.
  private let orders: [[Place]]

  init(_ predictions: LabeledProbabilities, isShown: [Bool]) {
    let (labels, classes) = (predictions.labels, predictions.classes)
    (self.labels, self.isShown) = (labels, isShown)
    isCorrect = zip(predictions.decisions, labels).map { $0.class == $1 }
    orders = isShown.indices.filter { isShown[$0] }.map { c in
      let own = labels.indices.map { predictions.values[$0 * classes + c] }
      let order = labels.indices.sorted { own[$0] > own[$1] }
      return order.indices.map { place in
        let row = order[place]
        return Place(
          row: row, isPositive: labels[row] == c,
          isLast: place + 1 == order.count || own[order[place + 1]] != own[row])
      }
    }
  }

  /// The scores of `ScoreDraws.scores` if each sample occurs as often as its weight says; `nil` if
  /// one is undefined.
  func scores(_ weights: [Int]) -> [Double?] {
    var (hits, counts) = (
      [Int](repeating: 0, count: isShown.count), [Int](repeating: 0, count: isShown.count)
    )
    for (row, weight) in weights.enumerated() {
      counts[labels[row]] += weight
      if isCorrect[row] { hits[labels[row]] += weight }
    }
    let recalls = isShown.indices.filter { isShown[$0] && counts[$0] > 0 }.map {
      Double(hits[$0]) / Double(counts[$0])
    }
    let areas = orders.compactMap { Self.area($0, weights) }
    let total = counts.reduce(0, +)
    return [
      total == 0 ? nil : Double(hits.reduce(0, +)) / Double(total), Self.mean(recalls),
      Self.mean(areas),
    ]
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The area under the ROC curve; `nil` without positives or without negatives.
  private static func area(_ order: [Place], _ weights: [Int]) -> Double? {
    // Twice the area in integers, which is exact.
    var (area, positives, negatives) = (0, 0, 0)
    // The positives and negatives with the present probability.
    var (tiedPositives, tiedNegatives) = (0, 0)
    for place in order {
      if place.isPositive {
        tiedPositives += weights[place.row]
      } else {
        tiedNegatives += weights[place.row]
      }
      guard place.isLast else { continue }
      area += tiedNegatives * (2 * positives + tiedPositives)
      positives += tiedPositives
      negatives += tiedNegatives
      (tiedPositives, tiedNegatives) = (0, 0)
    }
    guard positives > 0, negatives > 0 else { return nil }
    return Double(area) / 2 / Double(positives) / Double(negatives)
  }
}
