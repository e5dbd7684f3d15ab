/// One class against the rest, with samples ranked by their probability of the class: the scores
/// that depend only on the ranking.
public struct RankedScores: Sendable {
  /// A threshold, and the counts of samples at or above it.
  public struct Point: Equatable, Sendable {
    /// The lowest probability classified as positive; infinite at the first point, which has no
    /// positives.
    public let threshold: Double
    /// The number of positives at or above the threshold.
    public let truePositives: Int
    /// The number of negatives at or above the threshold.
    public let falsePositives: Int
  }

  /// The number of samples of the class.
  public let positives: Int
  /// The number of other samples.
  public let negatives: Int
  /// One point for each distinct probability, in descending order, after a first point without
  /// positives.
  public let points: [Point]

  /// Ranks the samples by their probability of class `c`.
  public init(_ predictions: LabeledProbabilities, class c: Int) {
    var (hits, misses): ([Double], [Double]) = ([], [])
    for (row, label) in predictions.labels.enumerated() {
      let value = predictions.values[row * predictions.classes + c]
      if label == c { hits.append(value) } else { misses.append(value) }
    }
    hits.sort(by: >)
    misses.sort(by: >)
    var points = [Point(threshold: .infinity, truePositives: 0, falsePositives: 0)]
    var (h, m) = (0, 0)
    while h < hits.count || m < misses.count {
      let value = max(
        h < hits.count ? hits[h] : -.infinity, m < misses.count ? misses[m] : -.infinity)
      while h < hits.count, hits[h] == value { h += 1 }
      while m < misses.count, misses[m] == value { m += 1 }
      points.append(Point(threshold: value, truePositives: h, falsePositives: m))
    }
    (positives, negatives, self.points) = (hits.count, misses.count, points)
  }

  /// Whether there are both positives and negatives.
  private var isDefined: Bool { positives > 0 && negatives > 0 }

  /// The sensitivity at a point.
  public func sensitivity(_ point: Point) -> Double {
    Double(point.truePositives) / Double(positives)
  }

  /// The specificity at a point.
  public func specificity(_ point: Point) -> Double {
    Double(negatives - point.falsePositives) / Double(negatives)
  }

  /// The area under the ROC curve: the share of pairs of a positive and a negative in the right
  /// order, where ties count half. `nil` without positives or without negatives.
  public var auc: Double? {
    guard isDefined else { return nil }
    // Twice the area in integers, which is exact.
    let area = zip(points, points.dropFirst()).reduce(0) { area, step in
      let (a, b) = step
      return area + (b.falsePositives - a.falsePositives) * (a.truePositives + b.truePositives)
    }
    return Double(area) / 2 / Double(positives) / Double(negatives)
  }

  /// The average precision, Σ (recall_k − recall_{k−1}) precision_k over the points; `nil` without
  /// positives.
  public var averagePrecision: Double? {
    guard positives > 0 else { return nil }
    // Sum in units of one positive, whose number is exact, so that a perfect ranking gives exactly
    // 1.
    return zip(points, points.dropFirst()).reduce(0.0) { sum, step in
      let (a, b) = step
      let precision = Double(b.truePositives) / Double(b.truePositives + b.falsePositives)
      return sum + Double(b.truePositives - a.truePositives) * precision
    } / Double(positives)
  }

  /// The variance of the area by DeLong (see `DeLong`); `nil` without two positives and two
  /// negatives.
  public var variance: Double? {
    guard let auc, positives > 1, negatives > 1 else { return nil }
    let (p, n) = (Double(positives), Double(negatives))
    var (ofPositives, ofNegatives) = (0.0, 0.0)
    for (a, b) in zip(points, points.dropFirst()) {
      // For the samples at this point, the share of the others that are ranked correctly; ties
      // count half.
      let below = 1 - Double(a.falsePositives + b.falsePositives) / 2 / n
      let above = Double(a.truePositives + b.truePositives) / 2 / p
      ofPositives += Double(b.truePositives - a.truePositives) * (below - auc) * (below - auc)
      ofNegatives += Double(b.falsePositives - a.falsePositives) * (above - auc) * (above - auc)
    }
    return ofPositives / (p - 1) / p + ofNegatives / (n - 1) / n
  }

  /// The 95 % confidence interval of the area, clipped to 0…1; `nil` if the variance is undefined.
  public var interval: (lower: Double, upper: Double)? {
    guard let auc, let variance else { return nil }
    let margin = 1.959_963_984_540_054 * variance.squareRoot()
    return (max(auc - margin, 0), min(auc + margin, 1))
  }

  /// The highest sensitivity at a specificity of at least `least`; `nil` without positives or
  /// without negatives.
  public func sensitivity(atSpecificity least: Double) -> Double? {
    guard isDefined else { return nil }
    return points.last { specificity($0) >= least }.map(sensitivity)
  }

  /// The highest specificity at a sensitivity of at least `least`; `nil` without positives or
  /// without negatives.
  public func specificity(atSensitivity least: Double) -> Double? {
    guard isDefined else { return nil }
    return points.first { sensitivity($0) >= least }.map(specificity)
  }

  /// The net benefit per patient of treating those at or above `threshold`.
  public func netBenefit(at threshold: Double) -> Double {
    let point = points[max(points.partitioningIndex { $0.threshold < threshold } - 1, 0)]
    return NetBenefit.of(
      point.truePositives, point.falsePositives, among: positives + negatives,
      threshold: threshold)
  }

  /// The net benefit per patient of treating everybody.
  public func netBenefitOfAll(at threshold: Double) -> Double {
    NetBenefit.of(positives, negatives, among: positives + negatives, threshold: threshold)
  }
}
