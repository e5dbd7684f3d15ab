import Glibc
import Testing

@testable import FMNumerics

struct RandomStreamTests {
  /// Compares with the known answers of the generator's authors (Random123, kat_vectors).
  @Test func philoxGivesItsKnownAnswers() {
    func equal(
      _ a: (UInt32, UInt32, UInt32, UInt32), _ b: (UInt32, UInt32, UInt32, UInt32)
    ) -> Bool { a == b }
    let ones = UInt32.max
    #expect(
      equal(
        RandomStream.philox((0, 0, 0, 0), key: (0, 0)),
        (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)))
    #expect(
      equal(
        RandomStream.philox((ones, ones, ones, ones), key: (ones, ones)),
        (0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)))
    #expect(
      equal(
        RandomStream.philox(
          (0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: (0xA409_3822, 0x299F_31D0)),
        (0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)))
  }

  /// Every part of the key changes the stream.
  @Test func streamsDependOnlyOnTheirKey() {
    func first(
      _ seed: UInt64, _ site: String, _ round: Int, _ purpose: RandomStream.Purpose
    ) -> [UInt32] {
      var stream = RandomStream(seed: seed, site: site, round: round, purpose: purpose)
      return (0..<8).map { _ in stream.bits() }
    }
    let streams = [
      first(1, "a", 1, .shuffle), first(2, "a", 1, .shuffle), first(1, "b", 1, .shuffle),
      first(1, "a", 2, .shuffle), first(1, "a", 1, .split), first(1, "", 1, .shuffle),
      first(11, "a", 1, .shuffle), first(1, "a", 11, .shuffle), first(1, "1\na", 1, .shuffle),
    ]
    #expect(Set(streams).count == streams.count)
    #expect(first(1, "a", 1, .shuffle) == streams[0])
  }

  @Test func shuffleIsAUniformPermutation() {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    for seed in 0..<2000 {
      var stream = RandomStream(seed: UInt64(seed), purpose: .shuffle)
      let order = stream.permutation(5)
      #expect(order.sorted() == [0, 1, 2, 3, 4])
      for (position, value) in order.enumerated() { counts[position][value] += 1 }
    }
    // Each cell has 400 expected counts, with a standard deviation of 18.
    #expect(counts.allSatisfy { $0.allSatisfy { (310...490).contains($0) } })
  }

  @Test func uniformNormalAndGammaHaveTheirMoments() {
    var stream = RandomStream(seed: 7, purpose: .partition)
    let count = 20_000
    let uniform = (0..<count).map { _ in stream.uniform() }
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
    #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.01)
    let normal = (0..<count).map { _ in stream.normal() }
    #expect(abs(normal.reduce(0, +) / Double(count)) < 0.03)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.05)
    for shape in [0.1, 0.5, 1, 4.5] {
      let gamma = (0..<count).map { _ in exp(stream.logGamma(shape: shape)) }
      let mean = gamma.reduce(0, +) / Double(count)
      #expect(abs(mean - shape) < 0.05 * max(shape, 1))
    }
  }

  @Test(arguments: [1e-6, 0.01, 0.5, 1, 1000, 1e6])
  func dirichletIsAPointOfTheSimplex(concentration: Double) {
    var stream = RandomStream(seed: 3, purpose: .partition)
    for _ in 0..<50 {
      let shares = stream.dirichlet(concentration: concentration, count: 7)
      #expect(shares.allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    }
  }
}
