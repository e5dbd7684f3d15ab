import Glibc

/// The exact privacy of one Gaussian release (Balle and Wang, ICML 2018, arXiv 1805.06530, theorem
/// 8), for comparison with the bound that the accountant uses.
package enum AnalyticGaussian {
  /// The smallest δ for which noise of deviation `noise` on a query of L2 sensitivity 1 is
  /// (ε, δ)-differentially private: Φ(1/2σ − εσ) − exp(ε) Φ(−1/2σ − εσ).
  package static func delta(epsilon: Double, noise: Double) -> Double {
    normal(1 / (2 * noise) - epsilon * noise)
      - exp(epsilon) * normal(-1 / (2 * noise) - epsilon * noise)
  }

  /// The smallest σ for (ε, δ)-differential privacy, to a relative precision of 1e-9 from above.
  package static func noise(epsilon: Double, delta: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    while self.delta(epsilon: epsilon, noise: high) > delta { (low, high) = (high, 2 * high) }
    while high - low > 1e-9 * high {
      let middle = (low + high) / 2
      if self.delta(epsilon: epsilon, noise: middle) > delta { low = middle } else { high = middle }
    }
    return high
  }

  /// Φ, the distribution function of the standard normal.
  private static func normal(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
}
