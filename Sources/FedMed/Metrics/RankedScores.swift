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
    let classes = predictions.classes
    let order = predictions.labels.indices.sorted {
      predictions.values[$0 * classes + c] > predictions.values[$1 * classes + c]
    }
    var points = [Point(threshold: .infinity, truePositives: 0, falsePositives: 0)]
    var (hits, misses) = (0, 0)
    for (place, row) in order.enumerated() {
      if predictions.labels[row] == c { hits += 1 } else { misses += 1 }
      let value = predictions.values[row * classes + c]
      let isLastOfTie =
        place + 1 == order.count || predictions.values[order[place + 1] * classes + c] < value
      if isLastOfTie {
        points.append(Point(threshold: value, truePositives: hits, falsePositives: misses))
      }
    }
    (positives, negatives, self.points) = (hits, misses, points)
  }

  /// Whether there is anything to tell apart.
  private var isDefined: Bool { positives > 0 && negatives > 0 }

  public func sensitivity(_ point: Point) -> Double {
    Double(point.truePositives) / Double(positives)
  }

  public func specificity(_ point: Point) -> Double {
    1 - Double(point.falsePositives) / Double(negatives)
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
    return zip(points, points.dropFirst()).reduce(0.0) { sum, step in
      let (a, b) = step
      let precision = Double(b.truePositives) / Double(b.truePositives + b.falsePositives)
      return sum + Double(b.truePositives - a.truePositives) / Double(positives) * precision
    }
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

  /// The net benefit of treating who is at or above `threshold` t, per patient:
  /// TP/N − FP/N · t/(1 − t) (Vickers and Elkin 2006).
  public func netBenefit(at threshold: Double) -> Double {
    let point = points.last { $0.threshold >= threshold } ?? points[0]
    return benefit(point.truePositives, point.falsePositives, threshold)
  }

  /// The net benefit of treating everybody. That of treating nobody is 0.
  public func netBenefitOfAll(at threshold: Double) -> Double {
    benefit(positives, negatives, threshold)
  }

  private func benefit(_ hits: Int, _ misses: Int, _ threshold: Double) -> Double {
    let count = Double(positives + negatives)
    return Double(hits) / count - Double(misses) / count * threshold / (1 - threshold)
  }
}
