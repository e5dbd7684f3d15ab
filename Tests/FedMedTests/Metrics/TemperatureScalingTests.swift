import Glibc
import Testing

@testable import FMArchive
@testable import FMEncoder
@testable import FMFederation
@testable import FMMetrics
@testable import FMNumerics

struct TemperatureScalingTests {
  /// Probabilities of two classes from their log-odds.
  private func binary(_ odds: [Double], _ labels: [Int]) throws -> LabeledProbabilities {
    let values = odds.flatMap { odds in
      let p = 1 / (1 + exp(-odds))
      return [1 - p, p]
    }
    return try LabeledProbabilities(classes: 2, values: values, labels: labels, file: "t")
  }

  /// All predictions have log-odds 4, and 3 of 4 are correct. With targets smoothed by 1/(N + 2),
  /// the best log-odds are those of the mean target, and T is their ratio.
  @Test func temperatureMatchesHandComputation() throws {
    let labels = (0..<400).map { $0 % 4 == 0 ? 0 : 1 }
    let predictions = try binary([Double](repeating: 4, count: 400), labels)
    let doubt = 1 / 402.0
    let share = 0.75 * (1 - doubt) + 0.25 * doubt
    let expected = 4 / log(share / (1 - share))
    #expect(abs(TemperatureScaling.temperature(fitting: predictions) - expected) < 1e-9)
  }

  /// If all predictions are correct, the smoothed targets (N + 1)/(N + 2) keep the temperature
  /// above its lower bound.
  @Test func boundsTheTemperature() throws {
    let predictions = try binary([1, 1, 1, 1], [1, 1, 1, 1])
    let expected = 1 / log(5.0)
    #expect(abs(TemperatureScaling.temperature(fitting: predictions) - expected) < 1e-9)
    // If all are incorrect, it is at its upper bound.
    let wrong = try binary([1, 1, 1, 1], [0, 0, 0, 0])
    #expect(abs(TemperatureScaling.temperature(fitting: wrong) - 20) < 1e-9)
  }

  @Test func scalingKeepsDecisionsAndSums() {
    var p = randomMatrix(20, 5)
    p.softmaxRows()
    for temperature in [0.05, 0.5, 1, 3, 20] {
      let q = TemperatureScaling.apply(temperature, to: p)
      #expect(Predictions.classes(q) == Predictions.classes(p))
      for row in 0..<20 { #expect(abs(q.row(row).reduce(0, +) - 1) < 1e-6) }
      guard temperature == 1 else { continue }
      for i in 0..<100 { #expect(abs(q.elements[i] - p.elements[i]) < 1e-6) }
    }
    // Probabilities that were rounded to 0 stay finite.
    let q = TemperatureScaling.apply(2, to: Matrix(vector: [1, 0]))
    #expect(q.elements.allSatisfy(\.isFinite) && abs(q[0, 1] - 1e-6) < 1e-7)
  }

  @Test func noiseHasTheGivenSizeAndDependsOnTheSample() {
    let x = randomMatrix(40, 50)
    let names = (0..<40).map { "s\($0)" }
    #expect(FeatureNoise.add(0, to: x, names: names, seed: 1) == x)
    let noisy = FeatureNoise.add(0.5, to: x, names: names, seed: 1)
    let squares = zip(noisy.elements, x.elements).reduce(0.0) {
      $0 + pow(Double($1.0 - $1.1), 2)
    }
    let mean = x.elements.reduce(0.0) { $0 + pow(Double($1), 2) } / 2000
    #expect(abs((squares / 2000 / mean).squareRoot() - 0.5) < 0.03)
    #expect(FeatureNoise.add(0.5, to: x, names: names, seed: 2) != noisy)
    // The noise of a sample does not depend on its position, only its scale does.
    let reversed = FeatureNoise.add(
      0.5, to: x.gathering((0..<40).reversed()), names: names.reversed(), seed: 1)
    #expect(reversed.gathering((0..<40).reversed()) == noisy)
  }
}
