import FMBase

/// One class against the rest at fixed thresholds of its probability: what is treated as positive,
/// and how much of that rightly. Unlike a ROC curve's own points, counts at fixed thresholds can be
/// added up over sites, and say nothing of a single sample's probability.
public struct ThresholdCounts: Codable, Equatable, Sendable {
  /// From low to high: a hundredth apart, and closer at both ends, where the probabilities of rare
  /// and of easy classes lie.
  public static let thresholds: [Double] = {
    let ends = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005]
    return ends + (1...99).map { Double($0) / 100 } + ends.reversed().map { 1 - $0 }
  }()

  public private(set) var positives: Int
  public private(set) var negatives: Int
  /// At or above each threshold.
  public private(set) var truePositives: [Int]
  public private(set) var falsePositives: [Int]

  /// Class `c` of `predictions` against the rest.
  public init(_ predictions: LabelledProbabilities, class c: Int) {
    let thresholds = Self.thresholds
    (truePositives, falsePositives) = (
      [Int](repeating: 0, count: thresholds.count), [Int](repeating: 0, count: thresholds.count)
    )
    (positives, negatives) = (0, 0)
    for (row, label) in predictions.labels.enumerated() {
      let value = predictions.values[row * predictions.classes + c]
      let reached = thresholds.partitioningIndex { $0 > value }
      if label == c { positives += 1 } else { negatives += 1 }
      guard reached > 0 else { continue }
      if label == c { truePositives[reached - 1] += 1 } else { falsePositives[reached - 1] += 1 }
    }
    // Who reaches a threshold reaches all below it.
    for index in thresholds.indices.dropLast().reversed() {
      truePositives[index] += truePositives[index + 1]
      falsePositives[index] += falsePositives[index + 1]
    }
  }

  /// The same with steps of `minimum` samples at least, so that none is a few samples' probability: those
  /// between two thresholds are counted at the next lower one until there are enough of them.
  package func merged(minimum: Int) -> ThresholdCounts {
    func merged(_ counts: [Int], of total: Int) -> [Int] {
      var result = counts
      // From high to low; how many are counted so far.
      var counted = 0
      for index in counts.indices.reversed() {
        if counts[index] - counted >= minimum && total - counts[index] != 0
          && total - counts[index] < minimum
        {
          // The rest below would be too few for a step of its own.
          result[index] = counted
          continue
        }
        if counts[index] - counted >= minimum { counted = counts[index] }
        result[index] = counted
      }
      return result
    }
    var result = self
    result.truePositives = merged(truePositives, of: positives)
    result.falsePositives = merged(falsePositives, of: negatives)
    return result
  }

  /// Whether all steps are of so many samples at least, from none to all.
  func hasSteps(ofAtLeast minimum: Int) -> Bool {
    func holds(_ counts: [Int], _ total: Int) -> Bool {
      zip([total] + counts, counts + [0]).allSatisfy { $0 == $1 || $0 - $1 >= minimum }
    }
    return holds(truePositives, positives) && holds(falsePositives, negatives)
  }

  /// Adds the counts of other samples.
  public mutating func add(_ other: ThresholdCounts) {
    positives += other.positives
    negatives += other.negatives
    for index in truePositives.indices {
      truePositives[index] += other.truePositives[index]
      falsePositives[index] += other.falsePositives[index]
    }
  }

  /// The net benefit of treating who is at or above threshold `index`, per patient.
  public func netBenefit(_ index: Int) -> Double {
    NetBenefit.of(
      truePositives[index], falsePositives[index], among: positives + negatives,
      threshold: Self.thresholds[index])
  }

  /// The net benefit of treating everybody.
  public func netBenefitOfAll(_ index: Int) -> Double {
    NetBenefit.of(
      positives, negatives, among: positives + negatives, threshold: Self.thresholds[index])
  }

  /// Whether the counts can be of any samples.
  package var isValid: Bool {
    func falls(_ counts: [Int], from total: Int) -> Bool {
      counts.count == Self.thresholds.count
        && zip([total] + counts, counts + [0]).allSatisfy { $0 >= $1 && $1 >= 0 }
    }
    return falls(truePositives, from: positives) && falls(falsePositives, from: negatives)
  }

  package var json: JSON {
    .object([
      "positives": .integer(positives), "negatives": .integer(negatives),
      "truePositives": .array(truePositives.map { .integer($0) }),
      "falsePositives": .array(falsePositives.map { .integer($0) }),
    ])
  }
}

/// TP/N − FP/N · t/(1 − t): what treating the positives is worth per patient, in patients rightly
/// treated, where whoever treats at a risk of t takes a wrong treatment for t/(1 − t) of a right one
/// (Vickers and Elkin 2006). That of treating nobody is 0.
public enum NetBenefit {
  public static func of(
    _ truePositives: Int, _ falsePositives: Int, among count: Int, threshold: Double
  ) -> Double {
    Double(truePositives) / Double(count)
      - Double(falsePositives) / Double(count) * threshold / (1 - threshold)
  }
}

extension Array {
  /// How many come first that do not satisfy a condition, which all after one that does do too.
  func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
