/// One class against the rest, by the probability of that class from high to low: what follows from
/// the order alone.
public struct RankedScores: Sendable {
  /// A threshold and what is at or above it.
  public struct Point: Equatable, Sendable {
    /// Positive from here on; infinite at the first point, where nothing is.
    public let threshold: Double
    public let truePositives: Int
    public let falsePositives: Int
  }

  public let positives: Int
  public let negatives: Int
  /// A point for each different probability, and one before them; ties are one point.
  public let points: [Point]

  /// Class `c` of `predictions` against the rest.
  public init(_ predictions: LabelledProbabilities, class c: Int) {
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

  /// Whether there is anything to tell apart.
  private var isDefined: Bool { positives > 0 && negatives > 0 }

  public func sensitivity(_ point: Point) -> Double {
    Double(point.truePositives) / Double(positives)
  }

  public func specificity(_ point: Point) -> Double {
    Double(negatives - point.falsePositives) / Double(negatives)
  }

  /// The area under the ROC curve: the share of pairs of a positive and a negative that are in the
  /// right order, ties counting half; nil where one of them is missing.
  public var auc: Double? {
    guard isDefined else { return nil }
    // Twice the area, in whole numbers.
    let area = zip(points, points.dropFirst()).reduce(0) { area, step in
      let (a, b) = step
      return area + (b.falsePositives - a.falsePositives) * (a.truePositives + b.truePositives)
    }
    return Double(area) / 2 / Double(positives) / Double(negatives)
  }

  /// Σ (recall_k − recall_{k−1}) precision_k over the points; nil without positives.
  public var averagePrecision: Double? {
    guard positives > 0 else { return nil }
    // Summed in units of one positive, whose number is exact: a perfect order gives 1, and not a last bit
    // more.
    return zip(points, points.dropFirst()).reduce(0.0) { sum, step in
      let (a, b) = step
      let precision = Double(b.truePositives) / Double(b.truePositives + b.falsePositives)
      return sum + Double(b.truePositives - a.truePositives) * precision
    } / Double(positives)
  }

  /// The variance of the area by DeLong (see `DeLong`); nil where there are not two of each.
  public var variance: Double? {
    guard let auc, positives > 1, negatives > 1 else { return nil }
    let (p, n) = (Double(positives), Double(negatives))
    var (ofPositives, ofNegatives) = (0.0, 0.0)
    for (a, b) in zip(points, points.dropFirst()) {
      // Of those at this point, the share of the others on the right side, ties counting half.
      let below = 1 - Double(a.falsePositives + b.falsePositives) / 2 / n
      let above = Double(a.truePositives + b.truePositives) / 2 / p
      ofPositives += Double(b.truePositives - a.truePositives) * (below - auc) * (below - auc)
      ofNegatives += Double(b.falsePositives - a.falsePositives) * (above - auc) * (above - auc)
    }
    return ofPositives / (p - 1) / p + ofNegatives / (n - 1) / n
  }

  /// The interval that holds the area with 95 % confidence, cut to 0…1.
  public var interval: (lower: Double, upper: Double)? {
    guard let auc, let variance else { return nil }
    let reach = 1.959_963_984_540_054 * variance.squareRoot()
    return (max(auc - reach, 0), min(auc + reach, 1))
  }

  /// The highest sensitivity at a specificity of at least so much.
  public func sensitivity(atSpecificity least: Double) -> Double? {
    guard isDefined else { return nil }
    return points.last { specificity($0) >= least }.map(sensitivity)
  }

  /// The highest specificity at a sensitivity of at least so much.
  public func specificity(atSensitivity least: Double) -> Double? {
    guard isDefined else { return nil }
    return points.first { sensitivity($0) >= least }.map(specificity)
  }

  /// The net benefit of treating who is at or above `threshold`, per patient.
  public func netBenefit(at threshold: Double) -> Double {
    let point = points[max(points.partitioningIndex { $0.threshold < threshold } - 1, 0)]
    return NetBenefit.of(
      point.truePositives, point.falsePositives, among: positives + negatives,
      threshold: threshold)
  }

  /// The net benefit of treating everybody.
  public func netBenefitOfAll(at threshold: Double) -> Double {
    NetBenefit.of(positives, negatives, among: positives + negatives, threshold: threshold)
  }
}
