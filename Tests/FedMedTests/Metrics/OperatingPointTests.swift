import Foundation
import Testing

@testable import FMMetrics
@testable import FMNumerics

struct OperatingPointTests {
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

  /// With every sample counted, the point is that of the ranking, on the grid of thresholds.
  @Test func pointsAreThoseOfTheRanking() throws {
    let predictions = try predictions(500, seed: 1)
    let counts = ThresholdCounts(predictions, class: 1)
    let ranked = RankedScores(predictions, class: 1)
    for least in [0.8, 0.9, 0.95] {
      let point = try #require(OperatingPoints([(counts, 1)]).point(specificity: least))
      let own = try #require(ranked.points.last { $0.threshold >= point.threshold })
      #expect(point.sensitivity == ranked.sensitivity(own))
      #expect(point.specificity == ranked.specificity(own) && point.specificity >= least)
      // The next lower threshold is less specific.
      let lower = try #require(ThresholdCounts.thresholds.last { $0 < point.threshold })
      let other = try #require(ranked.points.last { $0.threshold >= lower })
      #expect(ranked.specificity(other) < least)
    }
  }

  /// With counts of fewer samples hidden, both values are lower bounds, at one site and at several.
  @Test func hiddenCountsGiveLowerBounds() throws {
    var found = 0
    for seed in 1...60 as ClosedRange<UInt64> {
      let minimum = [1, 2, 5, 9][Int(seed) % 4]
      let sites = try (0..<3).map { try predictions(20 + Int(seed) * 7, seed: seed * 3 + $0) }
      for part in [[sites[0]], sites] {
        let points = OperatingPoints(
          part.map { (ThresholdCounts($0, class: 1).merged(minimum: minimum), minimum) })
        let all = try LabeledProbabilities(
          classes: 2, values: part.flatMap(\.values), labels: part.flatMap(\.labels), file: "f")
        let ranked = RankedScores(all, class: 1)
        for least in [0.5, 0.8, 0.9, 0.95] {
          guard let point = points.point(specificity: least) else { continue }
          found += 1
          let own = try #require(ranked.points.last { $0.threshold >= point.threshold })
          #expect(point.specificity >= least && ranked.specificity(own) >= point.specificity)
          #expect(ranked.sensitivity(own) >= point.sensitivity)
        }
      }
    }
    #expect(found > 400)
  }

  @Test func classWithoutPositivesHasNoPoint() throws {
    let one = try LabeledProbabilities(
      classes: 2, values: [0.2, 0.8, 0.3, 0.7], labels: [0, 0], file: "f")
    #expect(OperatingPoints([(ThresholdCounts(one, class: 1), 1)]).point(specificity: 0.8) == nil)
    #expect(OperatingPoints([(ThresholdCounts(one, class: 0), 1)]).point(specificity: 0.8) == nil)
    #expect(OperatingPoints([]).point(specificity: 0.8) == nil)
  }
}
