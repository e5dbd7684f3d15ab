import Glibc

/// One class against the rest at fixed thresholds, for one or more sites, for drawing.
///
/// Reports count samples in steps of at least a minimum (`ThresholdCounts.merged`). Between the
/// steps the logarithms of the counts are interpolated over the thresholds, which is closer to the
/// samples than the last step is.
public struct ClassCurve: Sendable {
  /// The number of samples of the class.
  public private(set) var positives = 0
  /// The number of other samples.
  public private(set) var negatives = 0
  /// The number of positives at or above each threshold of `ThresholdCounts`.
  public private(set) var truePositives: [Double]
  /// The number of negatives at or above each threshold.
  public private(set) var falsePositives: [Double]
  /// The part of `falsePositives` that the reports count.
  private var counted: [Int]

  /// Adds up the counts of several sites.
  /// - Parameter sites: the counts of the class at each site, with the fewest samples of a step.
  public init(_ sites: [(counts: ThresholdCounts, minimum: Int)]) {
    truePositives = [Double](repeating: 0, count: ThresholdCounts.thresholds.count)
    falsePositives = truePositives
    counted = [Int](repeating: 0, count: truePositives.count)
    for (counts, minimum) in sites {
      positives += counts.positives
      negatives += counts.negatives
      let (hits, alarms) = (
        Self.interpolated(counts.truePositives, of: counts.positives, minimum: minimum),
        Self.interpolated(counts.falsePositives, of: counts.negatives, minimum: minimum)
      )
      for index in hits.indices {
        truePositives[index] += hits[index]
        falsePositives[index] += alarms[index]
        counted[index] += counts.falsePositives[index]
      }
    }
  }

  /// The share of samples of the class.
  public var prevalence: Double { Double(positives) / Double(positives + negatives) }

  /// Whether at least half of the negatives at or above threshold `index` are counted, and not
  /// interpolated. Above all steps, little is known about them.
  public func isKnown(_ index: Int) -> Bool {
    Double(counted[index]) >= falsePositives[index] / 2
  }

  /// The counts with those between two steps on a line between their logarithms, as far as they can
  /// be: fewer than `minimum` samples are missing from a count. Half a sample is added for the
  /// logarithm of 0.
  private static func interpolated(_ counts: [Int], of total: Int, minimum: Int) -> [Double] {
    guard minimum > 1 else { return counts.map { Double($0) } }
    let last = counts.count
    // The exact counts: none above all thresholds, all below them, and those at the steps.
    let steps =
      [(-1, total)]
      + counts.indices.filter { counts[$0] != ($0 + 1 < last ? counts[$0 + 1] : 0) }
      .map { ($0, counts[$0]) } + [(last, 0)]
    var (result, next) = (counts.map { Double($0) }, 0)
    for index in counts.indices {
      while steps[next + 1].0 < index { next += 1 }
      let (low, high) = (steps[next], steps[next + 1])
      let share = Double(index - low.0) / Double(high.0 - low.0)
      let (a, b) = (Double(low.1) + 0.5, Double(high.1) + 0.5)
      let value = a * pow(b / a, share) - 0.5
      result[index] = min(max(value, result[index]), result[index] + Double(minimum - 1))
    }
    return result
  }

  /// The net benefit per patient of treating those at or above threshold `index`.
  public func netBenefit(_ index: Int) -> Double {
    benefit(truePositives[index], falsePositives[index], index)
  }

  /// The net benefit per patient of treating everybody.
  public func netBenefitOfAll(_ index: Int) -> Double {
    benefit(Double(positives), Double(negatives), index)
  }

  private func benefit(_ hits: Double, _ alarms: Double, _ index: Int) -> Double {
    let threshold = ThresholdCounts.thresholds[index]
    return (hits - alarms * threshold / (1 - threshold)) / Double(positives + negatives)
  }
}
