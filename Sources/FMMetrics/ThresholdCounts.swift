import FMBase

/// One class against the rest at fixed thresholds of its probability. Unlike the points of a ROC
/// curve, counts at fixed thresholds can be added over sites and do not reveal the probability of a
/// single sample.
public struct ThresholdCounts: Codable, Equatable, Sendable {
  /// The thresholds in ascending order: 0.01 apart, and denser at both ends, where the
  /// probabilities of rare and of easy classes lie.
  public static let thresholds: [Double] = {
    let ends = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005]
    return ends + (1...99).map { Double($0) / 100 } + ends.reversed().map { 1 - $0 }
  }()

  /// The number of samples of the class.
  public private(set) var positives: Int
  /// The number of other samples.
  public private(set) var negatives: Int
  /// The number of positives at or above each threshold.
  public private(set) var truePositives: [Int]
  /// The number of negatives at or above each threshold.
  public private(set) var falsePositives: [Int]

  /// Counts samples by their probability of class `c`.
  public init(_ predictions: LabeledProbabilities, class c: Int) {
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
    // A sample that reaches a threshold reaches all lower ones.
    for index in thresholds.indices.dropLast().reversed() {
      truePositives[index] += truePositives[index + 1]
      falsePositives[index] += falsePositives[index + 1]
    }
  }

  /// The counts with steps of at least `minimum` samples, so that no step reveals the probabilities
  /// of a few samples: samples between two thresholds are counted at lower ones until there are
  /// enough of them.
  package func merged(minimum: Int) -> ThresholdCounts {
    func merged(_ counts: [Int], of total: Int) -> [Int] {
      var result = counts
      // The number counted so far, from high to low thresholds.
      var counted = 0
      for index in counts.indices.reversed() {
        if counts[index] - counted >= minimum && total - counts[index] != 0
          && total - counts[index] < minimum
        {
          // The rest below would be too small for a separate step.
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

  /// Whether all steps, from none to all samples, have at least `minimum` samples.
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

  /// Whether the counts are possible for any set of samples.
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

/// The net benefit of a decision rule, TP/N − FP/N · t/(1 − t): the benefit per patient of treating
/// the positives, in units of correctly treated patients. Whoever treats at a risk of t considers
/// an unnecessary treatment as bad as t/(1 − t) of a correct one is good (Vickers and Elkin 2006).
/// Treating nobody has a net benefit of 0.
public enum NetBenefit {
  /// The net benefit of treating the positives among `count` patients at a risk threshold of 0..<1.
  public static func of(
    _ truePositives: Int, _ falsePositives: Int, among count: Int, threshold: Double
  ) -> Double {
    Double(truePositives) / Double(count)
      - Double(falsePositives) / Double(count) * threshold / (1 - threshold)
  }
}

extension Array {
  /// The index of the first element that satisfies a condition, which all later elements must
  /// satisfy too; `count` if there is none.
  func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
