import Glibc

/// The Rényi privacy of the Gaussian mechanism on a Poisson sample (Mironov, Talwar and Zhang 2019,
/// arXiv 1908.10530, section 3): a query of L2 sensitivity 1 with noise of deviation σ, on a sample
/// that contains each unit with probability q. Neighbors differ by adding or removing a unit.
package struct SampledGaussian: Sendable {
  /// σ, the noise multiplier.
  private let noise: Double
  /// q, the sampling rate.
  private let rate: Double

  /// - Precondition: `noise` > 0 and 0 < `rate` ≤ 1.
  package init(noise: Double, rate: Double) {
    precondition(noise > 0 && rate > 0 && rate <= 1)
    (self.noise, self.rate) = (noise, rate)
  }

  /// The curve of one step.
  package var curve: RenyiCurve {
    RenyiCurve(
      values: RenyiCurve.orders.map { order in
        guard rate < 1 else { return order / (2 * noise * noise) }
        let moment =
          order == order.rounded() ? wholeMoment(Int(order)) : fractionalMoment(order)
        return max(moment, 0) / (order - 1)
      })
  }

  /// The smallest noise, to a relative precision of 1e-4 from above, for which a number of steps is
  /// (ε, δ)-differentially private.
  package static func noise(epsilon: Double, delta: Double, rate: Double, steps: Int) -> Double {
    func isEnough(_ noise: Double) -> Bool {
      SampledGaussian(noise: noise, rate: rate).curve.repeated(steps).epsilon(delta: delta)
        <= epsilon
    }
    var (low, high) = (0.0, 1.0)
    while !isEnough(high) { (low, high) = (high, 2 * high) }
    // Below this, ε of a single step is above any that can be asked for.
    low = max(low, 0.05)
    while high - low > 1e-4 * high {
      let middle = (low + high) / 2
      if isEnough(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// log A(α) for whole α: Σ_k C(α, k) (1 − q)^(α−k) q^k exp((k² − k)/2σ²).
  private func wholeMoment(_ order: Int) -> Double {
    var sum = -Double.infinity
    for k in 0...order {
      let (chosen, left) = (Double(k), Double(order - k))
      let binomial =
        lgamma(Double(order) + 1) - lgamma(chosen + 1) - lgamma(left + 1)
      sum = logSum(
        sum,
        binomial + left * log1p(-rate) + chosen * log(rate)
          + (chosen * chosen - chosen) / (2 * noise * noise))
    }
    return sum
  }

  /// The most terms of a series: with much noise few are needed, with little it converges slowly.
  private static let maxTerms = 1000

  /// log A(α) for fractional α: two alternating series, split where the two densities are equal.
  private func fractionalMoment(_ order: Double) -> Double {
    let split = noise * noise * (log1p(-rate) - log(rate)) + 0.5
    let scale = 2.0.squareRoot() * noise
    // Terms with positive and with negative binomials are summed apart, and subtracted once.
    var (positive, negative) = (-Double.infinity, -Double.infinity)
    var binomial = (logarithm: 0.0, isNegative: false)
    var i = 0.0
    while true {
      let j = order - i
      let below =
        binomial.logarithm + i * log(rate) + j * log1p(-rate) + (i * i - i) / (2 * noise * noise)
        + log(0.5) + logErfc((i - split) / scale)
      let above =
        binomial.logarithm + j * log(rate) + i * log1p(-rate) + (j * j - j) / (2 * noise * noise)
        + log(0.5) + logErfc((split - j) / scale)
      let term = logSum(below, above)
      if binomial.isNegative {
        negative = logSum(negative, term)
      } else {
        positive = logSum(positive, term)
      }
      let factor = (order - i) / (i + 1)
      binomial = (
        binomial.logarithm + log(factor.magnitude), binomial.isNegative != (factor < 0)
      )
      i += 1
      // Beyond α the terms alternate and shrink; the first omitted one bounds the error.
      if i > order, max(below, above) < -30 { break }
      if Int(i) == Self.maxTerms { return interpolatedMoment(order) }
    }
    return positive + log1p(-exp(negative - positive))
  }

  /// A bound on log A(α), which is convex in α: the chord between the next whole orders.
  private func interpolatedMoment(_ order: Double) -> Double {
    let below = order.rounded(.down)
    let share = order - below
    return (1 - share) * wholeMoment(Int(below)) + share * wholeMoment(Int(below) + 1)
  }

  /// log(exp(a) + exp(b)).
  private func logSum(_ a: Double, _ b: Double) -> Double {
    let (large, small) = (max(a, b), min(a, b))
    return small == -.infinity ? large : large + log1p(exp(small - large))
  }

  /// log(erfc(x)), by its asymptotic series where erfc itself would underflow.
  private func logErfc(_ x: Double) -> Double {
    guard x > 20 else { return log(erfc(x)) }
    let y = 1 / (2 * x * x)
    return -x * x - log(x * Double.pi.squareRoot()) + log1p(-y + 3 * y * y - 15 * y * y * y)
  }
}
