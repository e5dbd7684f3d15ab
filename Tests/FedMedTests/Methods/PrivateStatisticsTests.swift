import FMPrivacy
import Testing

@testable import FMBase
@testable import FMMethods
@testable import FMNumerics

/// Statistics for differential privacy: whole numbers, their sensitivity, and their noise.
struct PrivateStatisticsTests {
  var random = RandomStream(seed: 3, purpose: .partition)

  mutating func samples(_ count: Int, dimension: Int = 6) -> Matrix {
    var values: [Float] = []
    for _ in 0..<count * dimension { values.append(Float(random.normal())) }
    return Matrix(rows: count, columns: dimension, elements: values)
  }

  /// The weighted norm of a difference, in which an element off the diagonal counts twice.
  func distance(_ a: PrivateStatistics, _ b: PrivateStatistics) -> Double {
    let (w, units) = (PrivateStatistics.weights, PrivateStatistics.unitsInOne)
    var (moments, place) = (0.0, 0)
    for i in 0..<a.dimension {
      for j in i..<a.dimension {
        let difference = Double(a.moments[place] - b.moments[place]) / units / units
        moments += (i == j ? 1 : 2) * difference * difference
        place += 1
      }
    }
    let sums = zip(a.sums, b.sums).reduce(0.0) {
      $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) / units / units
    }
    let counts = zip(a.counts, b.counts).reduce(0.0) {
      $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) / units / units
    }
    return
      (w.moments * w.moments * moments + w.sums * w.sums * sums + w.counts * w.counts * counts)
      .squareRoot()
  }

  @Test mutating func areTheStatisticsInWholeNumbers() throws {
    let features = samples(600)
    let labels = (0..<600).map { $0 % 3 }
    let whole = try PrivateStatistics(features, labels: labels, classes: 3)
    let plain = try GaussianStatistics(features, labels: labels, classes: 3)
    #expect(whole.counts == [200 << 12, 200 << 12, 200 << 12])
    var place = 0
    for i in 0..<6 {
      for j in i..<6 {
        #expect((Double(whole.moments[place]) / 0x1p24 - plain.moments[i, j]).magnitude < 0.15)
        place += 1
      }
    }
    for c in 0..<3 {
      for j in 0..<6 {
        #expect((Double(whole.sums[6 * c + j]) / 4096 - plain.sums[c, j]).magnitude < 0.05)
      }
    }
  }

  /// Adding or removing any sample changes the statistics by Δ at most, and by almost Δ.
  @Test mutating func aSampleChangesThemByTheSensitivityAtMost() throws {
    let features = samples(40)
    let labels = (0..<40).map { $0 % 4 }
    let all = try PrivateStatistics(features, labels: labels, classes: 4)
    var largest = 0.0
    for removed in 0..<40 {
      let kept = (0..<40).filter { $0 != removed }
      let fewer = try PrivateStatistics(
        features.gathering(kept), labels: kept.map { labels[$0] }, classes: 4)
      let change = distance(all, fewer)
      largest = max(largest, change)
      #expect(change <= PrivateStatistics.sensitivity * (1 + 1e-12))
    }
    #expect(largest > 0.99 * PrivateStatistics.sensitivity)
  }

  /// The same for all samples of a patient, whose contribution is scaled down.
  @Test mutating func aPatientChangesThemByTheSensitivityAtMost() throws {
    let features = samples(60)
    // Patients of one to nine samples, some with several classes.
    let patients = (0..<60).map { Int(Double($0).squareRoot() * 1.6) }
    let labels = (0..<60).map { ($0 / 2) % 4 }
    let all = try PrivateStatistics(features, labels: labels, classes: 4, units: patients)
    for patient in Set(patients) {
      let kept = (0..<60).filter { patients[$0] != patient }
      let fewer = try PrivateStatistics(
        features.gathering(kept), labels: kept.map { labels[$0] }, classes: 4,
        units: kept.map { patients[$0] })
      let change = distance(all, fewer)
      #expect(change <= PrivateStatistics.sensitivity * (1 + 1e-12))
      #expect(change > 0.6 * PrivateStatistics.sensitivity)
    }
    // Extremes: the same image many times, and axes that lose nothing to truncation.
    let axis = Matrix(rows: 8, columns: 6, elements: (0..<48).map { $0 % 6 == 0 ? 1 : 0 })
    let one = try PrivateStatistics(
      axis, labels: [Int](repeating: 1, count: 8), classes: 2, units: [Int](repeating: 0, count: 8))
    let none = try PrivateStatistics(samples(0), labels: [], classes: 2)
    #expect(distance(one, none) <= PrivateStatistics.sensitivity)
  }

  @Test func featuresWithoutDirectionAreRefused() {
    for value: Float in [0, .infinity, .nan] {
      let features = Matrix(rows: 1, columns: 2, elements: [value, 0])
      #expect(throws: FedMedError.self) {
        try PrivateStatistics(features, labels: [0], classes: 2)
      }
    }
  }

  /// Every part gets noise of its variance; off the diagonal half of it.
  @Test mutating func noiseHasItsVariance() throws {
    let empty = try PrivateStatistics(samples(0, dimension: 80), labels: [], classes: 40)
    let variances = PrivateStatistics.Variances(multiplier: 2)
    var (noisy, source) = (empty, SystemRandom())
    try noisy.addNoise(variances, from: &source)
    func ratio(_ values: [Int64], _ variance: UInt128) -> Double {
      values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count) / Double(variance)
    }
    var (diagonal, others, place): ([Int64], [Int64], Int) = ([], [], 0)
    for i in 0..<80 {
      for j in i..<80 {
        if i == j {
          diagonal.append(noisy.moments[place])
        } else {
          others.append(noisy.moments[place])
        }
        place += 1
      }
    }
    for (values, variance) in [
      (diagonal, variances.diagonal), (others, variances.offDiagonal),
      (noisy.sums, variances.sums), (noisy.counts, variances.counts),
    ] {
      // Five standard deviations of a sample variance.
      #expect((ratio(values, variance) - 1).magnitude < 5 * (2 / Double(values.count)).squareRoot())
    }
  }

  /// σ = m Δ/w in the units of each part, and 1/k of the variance if k sites share the noise.
  @Test func variancesAreThoseOfTheDesign() {
    let variances = PrivateStatistics.Variances(multiplier: 1)
    #expect(PrivateStatistics.sensitivity == 3.5.squareRoot())
    #expect(variances.diagonal == UInt128(3.5 * 0x1p48))
    #expect(variances.offDiagonal == UInt128(3.5 * 0x1p47))
    #expect(variances.sums == UInt128((3.5 / 2.25 * 0x1p24).rounded(.up)))
    #expect(variances.counts == 14 << 24)
    let shared = PrivateStatistics.Variances(multiplier: 1, shares: 3)
    #expect(3 * shared.sums >= variances.sums && 3 * shared.sums <= variances.sums + 3)
    #expect(3 * shared.counts >= variances.counts && 3 * shared.counts <= variances.counts + 3)
  }
}
