import Foundation
import Testing

@testable import FMPrivacy

/// The sampler of noise, against its exact distribution.
struct DiscreteGaussianTests {
  /// Chi-squared over all values with an expectation of at least 20.
  @Test(arguments: [(1, 100_000), (3, 1_000_000), (30, 100_000)])
  func drawsFollowTheExactDistribution(variance: Int, draws: Int) throws {
    var random = KnownRandom(seed: UInt8(variance))
    let noise = DiscreteGaussian(variance: UInt128(variance))
    var counts: [Int64: Int] = [:]
    for _ in 0..<draws { counts[try noise.sample(from: &random), default: 0] += 1 }
    let range = Int64(-80)...80
    func weight(_ x: Int64) -> Double { exp(-Double(x * x) / Double(2 * variance)) }
    let total = range.reduce(0) { $0 + weight($1) }
    var (statistic, cells, rest) = (0.0, 0, (observed: draws, expected: Double(draws)))
    for x in range {
      let expected = Double(draws) * weight(x) / total
      guard expected >= 20 else { continue }
      let observed = counts[x] ?? 0
      statistic += pow(Double(observed) - expected, 2) / expected
      cells += 1
      rest = (rest.observed - observed, rest.expected - expected)
    }
    #expect(Double(rest.observed) < 20 + 5 * (rest.expected + 1).squareRoot() + rest.expected)
    // The normal approximation of chi-squared with cells − 1 degrees of freedom, 4 deviations.
    let degrees = Double(cells - 1)
    #expect(statistic < degrees + 4 * (2 * degrees).squareRoot())
    #expect(cells > 6)
  }

  /// With a deviation of millions, draws are as good as normal: mean, variance, tails, low bits.
  @Test func largeDeviationsAreNormal() throws {
    let deviation = 123_456_789.0
    let variance = UInt128(deviation * deviation)
    #expect(variance < DiscreteGaussian.maxVariance)
    var random = KnownRandom(seed: 5)
    let noise = DiscreteGaussian(variance: variance)
    let draws = try (0..<40_000).map { _ in try noise.sample(from: &random) }
    let scaled = draws.map { Double($0) / deviation }
    let count = Double(draws.count)
    let mean = scaled.reduce(0, +) / count
    let square = scaled.reduce(0) { $0 + $1 * $1 } / count
    #expect(mean.magnitude < 4 / count.squareRoot())
    #expect((square - 1).magnitude < 4 * (2 / count).squareRoot())
    // Kolmogorov and Smirnov: 1.95/√n is exceeded once in a thousand.
    var distance = 0.0
    for (index, value) in scaled.sorted().enumerated() {
      let expected = erfc(-value / 2.0.squareRoot()) / 2
      distance = max(
        distance, (expected - Double(index) / count).magnitude,
        (Double(index + 1) / count - expected).magnitude)
    }
    #expect(distance < 1.95 / count.squareRoot())
    let odd = draws.count { $0 & 1 != 0 }
    #expect((Double(odd) - count / 2).magnitude < 4 * (count / 4).squareRoot())
  }

  @Test func squareRootsAreExact() {
    for root: UInt128 in [1, 2, 3, 10, 65_535, 65_536, 1 << 29, (1 << 63) + 12_345] {
      #expect(DiscreteGaussian.squareRoot(root * root) == root)
      #expect(DiscreteGaussian.squareRoot(root * root - 1) == root - 1)
      #expect(DiscreteGaussian.squareRoot(root * root + 1) == root)
    }
    #expect(DiscreteGaussian.squareRoot(0) == 0)
  }

  /// The same bytes give the same noise, so that tests can inject them.
  @Test func knownBytesGiveKnownNoise() throws {
    let noise = DiscreteGaussian(variance: 1000)
    func draw() throws -> [Int64] {
      var random = KnownRandom(seed: 1)
      return try (0..<50).map { _ in try noise.sample(from: &random) }
    }
    #expect(try draw() == draw())
    #expect(try Set(draw()).count > 20)
  }
}
