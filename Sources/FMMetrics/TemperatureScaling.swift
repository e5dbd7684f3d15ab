import FMNumerics
import Glibc

/// Temperature scaling (Guo et al. 2017) of the ensemble's probabilities: q ∝ p^(1/T). It changes
/// the confidence of predictions, but not the predicted classes.
public enum TemperatureScaling {
  /// The allowed temperatures.
  package static let range = Predictions.temperatures

  /// The temperature T that maximizes the likelihood of the labels, Σ log q_y. The target of the
  /// true class is (N + 1)/(N + 2) instead of 1 (Platt 1999), so that T does not tend to 0 if every
  /// prediction is correct.
  public static func temperature(fitting predictions: LabeledProbabilities) -> Double {
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
    /// The derivative of the log likelihood with respect to 1/T, which decreases monotonically.
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

  /// Applies temperature T to each row of `probabilities` [N, C].
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

  /// The logarithm of p, clipped so that a probability rounded to 0 stays finite.
  private static func logarithm(_ p: Double) -> Double { log(max(p, 1e-12)) }

  /// Computes softmax(factor · logs).
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
