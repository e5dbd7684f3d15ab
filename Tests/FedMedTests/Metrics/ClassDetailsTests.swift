import Foundation
import Testing

@testable import FMMetrics
@testable import FMNumerics

struct ClassDetailsTests {
  /// Probabilities of two classes: clustered, spread or almost certain ones.
  private func predictions(_ count: Int, seed: UInt64) throws -> LabeledProbabilities {
    var random = RandomStream(seed: seed, purpose: .partition)
    var (values, labels): ([Double], [Int]) = ([], [])
    let (spread, shift) = (random.uniform() * 6, random.uniform() * 3)
    for row in 0..<count {
      let label = row % 3 == 0 ? 1 : 0
      let logit = random.normal() * spread + (label == 1 ? shift : -shift)
      let p = 1 / (1 + exp(-logit))
      values += [1 - p, p]
      labels.append(label)
    }
    return try LabeledProbabilities(classes: 2, values: values, labels: labels, file: "f")
  }

  /// A point is that of the ranking on the grid of thresholds, and the next lower threshold is not
  /// specific enough.
  @Test(arguments: 1...20 as ClosedRange<UInt64>) func pointsAreThoseOfTheRanking(
    seed: UInt64
  ) throws {
    let predictions = try predictions(450, seed: seed)
    let details = ClassDetails(predictions, class: 1, minimum: 5)
    let ranked = RankedScores(predictions, class: 1)
    #expect(details.auc == ranked.auc)
    for (least, found) in zip(ClassDetails.specificities, details.operating) {
      guard let found else {
        // Every threshold of the grid lets too many negatives through.
        let top = try #require(ranked.points.last { $0.threshold >= 0.9999 })
        #expect(ranked.specificity(top) < least)
        continue
      }
      let own = try #require(ranked.points.last { $0.threshold >= found.threshold })
      #expect(own.truePositives == found.truePositives && ranked.specificity(own) >= least)
      guard let lower = ThresholdCounts.thresholds.last(where: { $0 < found.threshold }) else {
        continue
      }
      let other = try #require(ranked.points.last { $0.threshold >= lower })
      #expect(ranked.specificity(other) < least)
    }
  }

  /// No threshold depends on fewer negatives than the minimum.
  @Test func fewNegativesGiveNoThreshold() throws {
    let few = try predictions(60, seed: 1)
    #expect(few.labels.count { $0 == 0 } == 40)
    // Of 40 negatives, 8, 4 and 2 may reach a threshold.
    for (minimum, known) in [(1, 3), (2, 3), (3, 2), (5, 1), (9, 0)] {
      let details = ClassDetails(few, class: 1, minimum: minimum)
      #expect(details.operating.compactMap { $0 }.count == known)
    }
    let one = try LabeledProbabilities(
      classes: 2, values: [0.2, 0.8, 0.3, 0.7], labels: [0, 0], file: "f")
    #expect(ClassDetails(one, class: 1, minimum: 1).operating == [nil, nil, nil])
    #expect(ClassDetails(one, class: 1, minimum: 1).auc == nil)
  }

  /// Interpolated counts stay within what the reported ones allow, and are closer to the truth.
  @Test func interpolationIsCloserThanSteps() throws {
    var (steps, lines) = (0.0, 0.0)
    for seed in 1...40 as ClosedRange<UInt64> {
      let exact = ThresholdCounts(try predictions(60 + Int(seed) * 5, seed: seed), class: 1)
      let merged = exact.merged(minimum: 5)
      let curve = ClassCurve([(merged, 5)])
      #expect(curve.positives == exact.positives && curve.negatives == exact.negatives)
      for index in ThresholdCounts.thresholds.indices {
        let (count, own) = (Double(merged.truePositives[index]), curve.truePositives[index])
        #expect((count...count + 4).contains(own))
        let truth = Double(exact.truePositives[index])
        steps += (count - truth).magnitude
        lines += (own - truth).magnitude
      }
      #expect(zip(curve.falsePositives, curve.falsePositives.dropFirst()).allSatisfy { $0 >= $1 })
      // With a minimum of 1, the counts are exact.
      let whole = ClassCurve([(exact, 1)])
      #expect(whole.truePositives == exact.truePositives.map { Double($0) })
    }
    #expect(lines < 0.6 * steps)
  }
}
