/// The sensitivity of one class against the rest at a required specificity, from counts at fixed
/// thresholds of one or more sites.
///
/// The counts do not show samples below a site's minimum, so both values are lower bounds: at
/// their threshold, sensitivity and specificity on the same samples are at least as high.
public struct OperatingPoints: Sendable {
  /// A threshold with what it achieves.
  public struct Point: Equatable, Sendable {
    /// The lowest probability that counts as positive.
    public let threshold: Double
    /// A lower bound of the share of positives at or above the threshold.
    public let sensitivity: Double
    /// A lower bound of the share of negatives below the threshold.
    public let specificity: Double
  }

  /// The number of samples of the class.
  public private(set) var positives = 0
  /// The number of other samples.
  public private(set) var negatives = 0
  /// Lower bounds of the number of positives at or above each threshold.
  private var truePositives = [Int](repeating: 0, count: ThresholdCounts.thresholds.count)
  /// Upper bounds of the number of negatives at or above each threshold.
  private var falsePositives = [Int](repeating: 0, count: ThresholdCounts.thresholds.count)

  /// Adds up the counts of several sites.
  /// - Parameter sites: the counts of the class at each site, with the fewest samples of a step.
  public init(_ sites: [(counts: ThresholdCounts, minimum: Int)]) {
    for (counts, minimum) in sites {
      positives += counts.positives
      negatives += counts.negatives
      for index in truePositives.indices {
        truePositives[index] += counts.truePositives[index]
      }
      for index in falsePositives.indices {
        falsePositives[index] += Self.bound(counts, index, minimum: minimum)
      }
    }
  }

  /// The most negatives that may be at or above threshold `index`, if steps of fewer than
  /// `minimum` samples were merged with those below (`ThresholdCounts.merged`).
  private static func bound(_ counts: ThresholdCounts, _ index: Int, minimum: Int) -> Int {
    let all = counts.falsePositives
    let count = all[index]
    let rest = counts.negatives - count
    let isStep = count != (index + 1 < all.count ? all[index + 1] : 0)
    // At a step the count is exact, unless it leaves just enough samples for the last step.
    if minimum == 1 || isStep && rest != minimum { return count }
    return rest >= 2 * minimum ? count + minimum - 1 : counts.negatives
  }

  /// The lowest threshold with a specificity of at least `least`, where sensitivity is highest;
  /// `nil` without positives or negatives, or if no threshold is known to be as specific.
  public func point(specificity least: Double) -> Point? {
    guard positives > 0, negatives > 0 else { return nil }
    func specificity(_ index: Int) -> Double {
      Double(negatives - falsePositives[index]) / Double(negatives)
    }
    guard let index = falsePositives.indices.first(where: { specificity($0) >= least }) else {
      return nil
    }
    return Point(
      threshold: ThresholdCounts.thresholds[index],
      sensitivity: Double(truePositives[index]) / Double(positives),
      specificity: specificity(index))
  }
}
