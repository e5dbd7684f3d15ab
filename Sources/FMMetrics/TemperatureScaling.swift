import FMNumerics
import Glibc

/// Temperature scaling (Guo et al. 2017) of the ensemble's probabilities: q ∝ p^(1/T). No decision
/// changes, only how sure it is.
public enum TemperatureScaling {
  /// What a temperature can be.
  package static let range = Predictions.temperatures

  /// T that makes the labels most likely, Σ log q_y largest. The true class counts as certain to
  /// (N + 1)/(N + 2) alone (Platt 1999): where every prediction is right, T does not go to 0.
  public static func temperature(fitting predictions: LabelledProbabilities) -> Double {
    let (classes, count) = (predictions.classes, predictions.count)
    let logs = predictions.values.map(logarithm)
    let doubt = 1 / Double(count + 2)
    // Σ_c t_c log p_c with the targets t.
    var target = 0.0
    for (row, label) in predictions.labels.enumerated() {
      for c in 0..<classes {
        let share = c == label ? 1 - doubt : doubt / Double(max(classes - 1, 1))
        target += share * logs[row * classes + c]
      }
    }
    var powers = [Double](repeating: 0, count: classes)
    /// How fast the likelihood grows with 1/T, which falls from one end to the other.
    func slope(_ inverse: Double) -> Double {
      var expected = 0.0
      for row in 0..<count {
        let own = logs[row * classes..<(row + 1) * classes]
        scale(own, by: inverse, into: &powers)
        expected += zip(powers, own).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return target - expected
    }
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    for _ in 0..<60 {
      let middle = (low * high).squareRoot()
      if slope(middle) > 0 { low = middle } else { high = middle }
    }
    return 1 / (low * high).squareRoot()
  }

  /// Each row of `probabilities` [N, C] at temperature T.
  public static func apply(_ temperature: Double, to probabilities: Matrix) -> Matrix {
    var result = probabilities
    var powers = [Double](repeating: 0, count: probabilities.columns)
    for row in 0..<probabilities.rows {
      let own = probabilities.row(row).map { logarithm(Double($0)) }
      scale(own[...], by: 1 / temperature, into: &powers)
      for (c, power) in powers.enumerated() { result[row, c] = Float(power) }
    }
    return result
  }

  /// Of a probability that was rounded to 0, that of the smallest one taken for possible.
  private static func logarithm(_ p: Double) -> Double { log(max(p, 1e-12)) }

  /// softmax(factor · logs).
  private static func scale(
    _ logs: ArraySlice<Double>, by factor: Double, into powers: inout [Double]
  ) {
    let largest = logs.max() ?? 0
    var total = 0.0
    for (c, value) in logs.enumerated() {
      powers[c] = exp(factor * (value - largest))
      total += powers[c]
    }
    for c in powers.indices { powers[c] /= total }
  }
}
