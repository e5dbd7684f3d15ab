import Foundation
import Testing

@testable import FMMetrics

struct ComparisonTests {
  private func binary(_ scores: [Double], _ labels: [Int]) throws -> LabeledProbabilities {
    try LabeledProbabilities(
      classes: 2, values: scores.flatMap { [1 - $0, $0] }, labels: labels, file: "t")
  }

  /// The expected values are sums of binomial coefficients over 2ⁿ.
  @Test func mcNemarIsExact() {
    #expect(McNemar.probability(first: 0, second: 0) == 1)
    #expect(abs(McNemar.probability(first: 1, second: 5) - 2.0 * 7 / 64) < 1e-12)
    #expect(abs(McNemar.probability(first: 8, second: 2) - 2.0 * 56 / 1024) < 1e-12)
    #expect(McNemar.probability(first: 3, second: 3) == 1)
    // The first value is 2 · 2⁻⁵⁰; the coefficients of the others would overflow.
    #expect(abs(McNemar.probability(first: 50, second: 0) * 0x1p49 - 1) < 1e-9)
    #expect(McNemar.probability(first: 3000, second: 3000) == 1)
  }

  /// For positives .9 and .4 and negatives .5, .3 and .4, the shares of negatives below are 1 and
  /// (1 + ½)/3, and those of positives above are ½, 1 and ¾. Their variances are divided by their
  /// numbers.
  @Test func deLongMatchesHandComputation() throws {
    let scores = try binary([0.9, 0.4, 0.5, 0.3, 0.4], [1, 1, 0, 0, 0])
    let area = try #require(DeLong(scores, class: 1))
    #expect(abs(area.auc - 0.75) < 1e-12)
    #expect(abs(area.auc - (RankedScores(scores, class: 1).auc ?? 0)) < 1e-12)
    let positives = (0.25 * 0.25 + 0.25 * 0.25) / 1 / 2
    let negatives = (0.25 * 0.25 + 0.25 * 0.25 + 0) / 2 / 3
    #expect(abs(area.variance - positives - negatives) < 1e-12)
    let reach = 1.959963984540054 * (positives + negatives).squareRoot()
    let ranked = RankedScores(scores, class: 1)
    #expect(abs((ranked.variance ?? 0) - positives - negatives) < 1e-12)
    #expect(abs((ranked.interval?.lower ?? 0) - (0.75 - reach)) < 1e-12)
    #expect(ranked.interval?.upper == 1)
    #expect(DeLong.probability(area, area) == 1)
    // The reversed scores have complementary shares, so the difference is .5 and its variance 4 V.
    let reverse = try #require(
      DeLong(binary([0.1, 0.6, 0.5, 0.7, 0.6], [1, 1, 0, 0, 0]), class: 1))
    let z = 0.5 / (2 * area.variance.squareRoot())
    #expect(abs(DeLong.probability(area, reverse) - erfc(z / 2.0.squareRoot())) < 1e-12)
  }

  @Test func holmMatchesHandComputation() {
    let corrected = Holm.corrected([0.01, 0.04, 0.03, 0.5])
    for (ours, theirs) in zip(corrected, [0.04, 0.09, 0.09, 0.5]) {
      #expect(abs(ours - theirs) < 1e-12)
    }
  }

  /// Each resample has the same number of each class, contains whole groups, and depends only on
  /// the seed.
  @Test func resamplesKeepClassesAndGroups() {
    let labels = [0, 0, 0, 1, 1, 2]
    func draws(_ groups: [Int]?, seed: UInt64) -> [[Int]] {
      let bootstrap = Bootstrap(labels: labels, groups: groups, count: 50, seed: seed)
      return (0..<50).map(bootstrap.draw)
    }
    let alone = draws(nil, seed: 1)
    for draw in alone { #expect(draw.map { labels[$0] } == labels) }
    #expect(Set(alone.map { "\($0)" }).count > 10)
    #expect(draws(nil, seed: 1) == alone)
    #expect(draws(nil, seed: 2) != alone)
    for draw in draws([7, 8, 7, 9, 9, 5], seed: 1) {
      #expect(draw.count { $0 == 0 } == draw.count { $0 == 2 })
      let (third, fourth) = (draw.count { $0 == 3 }, draw.count { $0 == 4 })
      #expect(third == 1 && fourth == 1)
    }
  }

  /// The probability is twice that of the smaller side, with one more resample on each.
  @Test func computesTheProbabilityOfPairedResamples() {
    #expect(Bootstrap.probability([1, 2, -1, 3]) == 2 * 2.0 / 5)
    #expect(Bootstrap.probability([0, 0, 1, 1]) == 2 * 2.0 / 5)
    #expect(Bootstrap.probability([1, 1, 1]) == 2 * 1.0 / 4)
    #expect(Bootstrap.probability([0, 0]) == 1)
    #expect(Bootstrap.probability([nil, 1]) == nil)
  }

  /// Compares with a worse model and with an equally good one, by the same resamples.
  @Test func comparesModelsByPairedResamples() throws {
    let labels = (0..<200).map { $0 % 2 }
    func predictions(wrong: (Int) -> Bool) throws -> LabeledProbabilities {
      try binary(labels.indices.map { (labels[$0] == 1) != wrong($0) ? 0.8 : 0.2 }, labels)
    }
    let good = try predictions { $0 % 20 == 3 }
    let bad = try predictions { $0 % 5 == 2 }
    let bootstrap = Bootstrap(labels: labels, groups: nil, count: 400, seed: 1)
    var sites = [
      Comparison(good, bad, names: ["a", "b"], bootstrap: bootstrap),
      Comparison(good, good, names: ["a", "b"], bootstrap: bootstrap),
    ]
    Comparison.correct(&sites)
    let first = try #require(sites[0].entries.first { $0.name == "macro_f1" })
    #expect((first.interval?.lower ?? 0) > 0)
    #expect((first.probability ?? 1) == 2 / 401.0)
    #expect(first.corrected == 4 / 401.0)
    let same = try #require(sites[1].entries.first { $0.name == "macro_f1" })
    #expect(same.probability == 1 && same.corrected == 1)
    #expect(same.interval?.lower == 0 && same.interval?.upper == 0)
    // Holm's correction for two sites doubles McNemar's probability.
    let accuracy = try #require(sites[0].entries.first { $0.name == "accuracy" })
    #expect(accuracy.probability == McNemar.probability(first: 40, second: 10))
    #expect(accuracy.corrected == 2 * McNemar.probability(first: 40, second: 10))
  }

  @Test func intervalsAreQuantiles() {
    let values = (0...100).map { Double?(Double($0)) }
    let interval = Bootstrap.interval(values.shuffled(), level: 0.95)
    #expect(abs((interval?.lower ?? 0) - 2.5) < 1e-12)
    #expect(abs((interval?.upper ?? 0) - 97.5) < 1e-12)
    #expect(Bootstrap.interval([nil, nil, 1], level: 0.95) == nil)
  }

  /// The interval of an accuracy is close to that of the binomial distribution.
  @Test func accuracyIntervalIsNearTheBinomial() throws {
    let labels = [Int](repeating: 1, count: 400)
    let scores = labels.indices.map { $0 < 320 ? 0.9 : 0.1 }
    let predictions = try binary(scores, labels)
    let list = ScoreList(
      predictions, names: ["a", "b"], settings: .init(),
      bootstrap: Bootstrap(labels: labels, groups: nil, count: 2000, seed: 3))
    let interval = try #require(list.entries.first { $0.name == "accuracy" }?.interval)
    let reach = 1.96 * (0.8 * 0.2 / 400).squareRoot()
    #expect(abs(interval.lower - (0.8 - reach)) < 0.006)
    #expect(abs(interval.upper - (0.8 + reach)) < 0.006)
  }
}
