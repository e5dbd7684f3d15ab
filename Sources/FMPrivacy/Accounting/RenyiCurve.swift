import Glibc

/// Privacy loss as Rényi differential privacy (Mironov, CSF 2017, arXiv 1702.07476): a bound on the
/// Rényi divergence between the outputs on neighboring data sets, for each order α. The curves of
/// releases from one data set add up.
package struct RenyiCurve: Equatable, Sendable {
  /// The orders α at which curves are computed: 1.1 to 10.9 by 0.1, 11 to 63, 128, 256, 512, 1024.
  package static let orders: [Double] =
    (1...99).map { 1 + Double($0) / 10 } + (11...63).map(Double.init) + [128, 256, 512, 1024]

  /// The bounds at ``orders``, in nats.
  package private(set) var values: [Double]

  /// Creates a curve from its values at ``orders``.
  package init(values: [Double]) {
    precondition(values.count == Self.orders.count)
    self.values = values
  }

  /// No release at all.
  package static let zero = RenyiCurve(values: orders.map { _ in 0 })

  /// Concentrated differential privacy (Bun and Steinke 2016, arXiv 1605.02065): ρ α at each order.
  package init(concentrated rho: Double) {
    self.init(values: Self.orders.map { rho * $0 })
  }

  /// The sum of two releases.
  package static func + (a: RenyiCurve, b: RenyiCurve) -> RenyiCurve {
    RenyiCurve(values: zip(a.values, b.values).map { $0 + $1 })
  }

  /// The same release, `times` times.
  package func repeated(_ times: Int) -> RenyiCurve {
    RenyiCurve(values: values.map { Double(times) * $0 })
  }

  /// The smallest ε of (ε, δ)-differential privacy that the curve implies.
  package func epsilon(delta: Double) -> Double {
    zip(Self.orders, values).map { Self.epsilon(order: $0, value: $1, delta: delta) }.min() ?? 0
  }

  /// ε at one order (Canonne, Kamath and Steinke 2020, arXiv 2004.00010, proposition 12):
  /// r + log(1 − 1/α) − log(δα)/(α − 1), and at least 0.
  package static func epsilon(order: Double, value: Double, delta: Double) -> Double {
    // By Bretagnolle and Huber, the total variation is at most √(1 − exp(−r)), so ε = 0 holds.
    if delta * delta + expm1(-value) > 0 { return 0 }
    return max(value + log1p(-1 / order) - log(delta * order) / (order - 1), 0)
  }
}

/// Conversions of concentrated differential privacy.
package enum ConcentratedPrivacy {
  /// The smallest ε of (ε, δ)-differential privacy that ρ implies, over all real orders.
  package static func epsilon(rho: Double, delta: Double) -> Double {
    guard rho > 0 else { return 0 }
    func value(_ logarithm: Double) -> Double {
      let order = 1 + exp(logarithm)
      return RenyiCurve.epsilon(order: order, value: rho * order, delta: delta)
    }
    // The bound has one minimum in α; golden-section search over log(α − 1).
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (-12.0, 25.0)
    for _ in 0..<200 {
      let (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
      if value(left) <= value(right) { high = right } else { low = left }
    }
    return value((low + high) / 2)
  }

  /// The largest ρ that implies (ε, δ)-differential privacy, to a relative precision of 1e-9 from
  /// below.
  package static func rho(epsilon: Double, delta: Double) -> Double {
    var (low, high) = (0.0, epsilon)
    while self.epsilon(rho: high, delta: delta) < epsilon { high *= 2 }
    while high - low > 1e-9 * high {
      let middle = (low + high) / 2
      if self.epsilon(rho: middle, delta: delta) <= epsilon { low = middle } else { high = middle }
    }
    return low
  }

  /// The smallest noise m on a query of sensitivity 1, with ρ = 1/2m², for which the curve of the
  /// accountant implies (ε, δ)-differential privacy, to a relative precision of 1e-9 from above.
  package static func noise(epsilon: Double, delta: Double) -> Double {
    func isEnough(_ noise: Double) -> Bool {
      RenyiCurve(concentrated: 1 / (2 * noise * noise)).epsilon(delta: delta) <= epsilon
    }
    var (low, high) = (0.0, 1.0)
    while !isEnough(high) { (low, high) = (high, 2 * high) }
    while high - low > 1e-9 * high {
      let middle = (low + high) / 2
      if isEnough(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// ρ of a sum of `count` independent discrete Gaussians of variance `variance` each, added to a
  /// query of L2 sensitivity `sensitivity` with `dimension` integers (Kairouz, Liu and Steinke, ICML
  /// 2021, arXiv 2102.06387, theorem 1). One discrete Gaussian has ρ = Δ²/2σ²; the sum of several is
  /// not quite one, which costs the term τ.
  package static func rho(
    sensitivity: Double, variance: Double, count: Int, dimension: Int
  ) -> Double {
    let square = sensitivity * sensitivity / (Double(count) * variance)
    let tau =
      count > 1
      ? 10
        * (1..<count).reduce(0) {
          $0 + exp(-2 * Double.pi * Double.pi * variance * Double($1) / Double($1 + 1))
        } : 0
    let bounds = [
      (square + tau * Double(dimension) / 2).squareRoot(),
      square.squareRoot() + tau * Double(dimension).squareRoot(),
    ]
    let epsilon = bounds.min() ?? 0
    return epsilon * epsilon / 2
  }
}
