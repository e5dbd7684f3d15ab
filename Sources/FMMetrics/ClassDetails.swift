import FMBase

/// What a report tells about one class against the rest, besides its counts at fixed thresholds.
public struct ClassDetails: Codable, Equatable, Sendable {
  /// A threshold that is specific enough, and what it finds.
  public struct Point: Codable, Equatable, Sendable {
    /// The lowest probability that counts as positive, one of `ThresholdCounts.thresholds`.
    public let threshold: Double
    /// The number of positives at or above the threshold.
    public let truePositives: Int
  }

  /// The specificities of `operating`.
  public static let specificities = [0.8, 0.9, 0.95]

  /// The area under the ROC curve; `nil` without positives or without negatives.
  public let auc: Double?
  /// For each of `specificities`, the lowest threshold with a specificity of at least this value.
  /// `nil` if it would depend on the probabilities of fewer negatives than the report's minimum,
  /// or no threshold is as specific.
  public let operating: [Point?]

  /// Computes the details of class `c`.
  /// - Parameter minimum: the fewest negatives that a threshold may depend on.
  init(_ predictions: LabeledProbabilities, class c: Int, minimum: Int) {
    auc = RankedScores(predictions, class: c).auc
    let counts = ThresholdCounts(predictions, class: c)
    operating = Self.specificities.map { specificity in
      // The most negatives that may reach the threshold, with a tolerance for rounding.
      let budget = Int(Double(counts.negatives) * (1 - specificity) + 1e-9)
      guard counts.positives > 0, minimum == 1 || budget >= minimum else { return nil }
      return counts.falsePositives.firstIndex { $0 <= budget }.map {
        Point(
          threshold: ThresholdCounts.thresholds[$0], truePositives: counts.truePositives[$0])
      }
    }
  }

  /// Whether the numbers are possible for a class with these counts.
  func isValid(_ counts: ThresholdCounts) -> Bool {
    let points = operating.compactMap { $0 }
    return operating.count == Self.specificities.count
      && (0...1).contains(auc ?? 0)
      && points.allSatisfy { point in
        guard let index = ThresholdCounts.thresholds.firstIndex(of: point.threshold) else {
          return false
        }
        return (counts.truePositives[index]...counts.positives).contains(point.truePositives)
      }
      && zip(points, points.dropFirst()).allSatisfy {
        $0.threshold <= $1.threshold && $0.truePositives >= $1.truePositives
      }
  }

  package var json: JSON {
    .object([
      "auc": auc.map { .number($0) },
      "operating": .array(
        operating.map { point in
          point.map {
            .object([
              "threshold": .number($0.threshold), "truePositives": .integer($0.truePositives),
            ])
          } ?? .null
        }),
    ])
  }
}
