import FMBase

/// Exact samples of the discrete Gaussian N_ℤ(0, σ²), without floating point (Canonne, Kamath and
/// Steinke, NeurIPS 2020, arXiv 2004.00010, algorithms 1 to 3): P(x) ∝ exp(−x²/2σ²) on the integers.
///
/// Floating-point samplers of continuous noise leak through the low bits of their results (Mironov,
/// CCS 2012); integers do not.
package struct DiscreteGaussian: Sendable {
  /// The largest σ² for which no intermediate product overflows 128 bits.
  package static let maxVariance: UInt128 = 1 << 78

  private let variance: UInt128
  /// t = ⌊σ⌋ + 1, the scale of the discrete Laplace proposals.
  private let scale: UInt128

  /// - Parameter variance: σ², from 1 to ``maxVariance``.
  /// - Precondition: `variance` is in this range.
  package init(variance: UInt128) {
    precondition((1...Self.maxVariance).contains(variance))
    self.variance = variance
    scale = Self.squareRoot(variance) + 1
  }

  /// Draws a sample.
  /// - Throws: `ioError` if there are no random bytes.
  package func sample(from random: inout some RandomSource) throws(FedMedError) -> Int64 {
    while true {
      let proposal = try laplace(from: &random)
      let magnitude = UInt128(proposal.magnitude)
      // A proposal this far out is accepted with a probability below exp(−2⁴⁰).
      guard magnitude <= scale << 21 else { continue }
      // γ = (|y| − σ²/t)² / 2σ² = (|y| t − σ²)² / 2σ²t².
      let (product, peak) = (magnitude * scale, variance)
      let distance = product > peak ? product - peak : peak - product
      if try accept(distance, from: &random) { return proposal }
    }
  }

  /// Returns true with probability exp(−d²/2σ²t²), for d up to 2²¹ · t².
  private func accept(
    _ distance: UInt128, from random: inout some RandomSource
  ) throws(FedMedError) -> Bool {
    // d²/2σ²t² = (d/t²) · (d/2σ²); whole parts are removed first so that products stay in 128 bits.
    let denominator = 2 * variance
    let square = scale * scale
    // d² = (a t² + b) d with a = ⌊d/t²⌋.
    let (whole, rest) = distance.quotientAndRemainder(dividingBy: square)
    for _ in 0..<whole {
      guard try bernoulliExp(distance, denominator, from: &random) else { return false }
    }
    // exp(−(b/t²)(d/2σ²)): a product of two fractions, the second split into its whole part.
    let (more, last) = distance.quotientAndRemainder(dividingBy: denominator)
    for _ in 0..<more {
      guard try bernoulliExp(rest, square, from: &random) else { return false }
    }
    return try bernoulliExp(product: (rest, square), (last, denominator), from: &random)
  }

  /// Draws from the discrete Laplace distribution of scale t: P(y) ∝ exp(−|y|/t).
  private func laplace(from random: inout some RandomSource) throws(FedMedError) -> Int64 {
    while true {
      let remainder = try random.uniform(below: scale)
      guard try bernoulliExp(remainder, scale, from: &random) else { continue }
      var quotient: UInt128 = 0
      while try bernoulliExp(1, 1, from: &random) { quotient += 1 }
      let magnitude = remainder + scale * quotient
      let isNegative = try random.uniform(below: 2) == 1
      if isNegative && magnitude == 0 { continue }
      return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }
  }

  /// Returns true with probability exp(−γ) for γ = `numerator`/`denominator`.
  private func bernoulliExp(
    _ numerator: UInt128, _ denominator: UInt128, from random: inout some RandomSource
  ) throws(FedMedError) -> Bool {
    var rest = numerator
    while rest > denominator {
      guard try bernoulliExp(product: (1, 1), (1, 1), from: &random) else { return false }
      rest -= denominator
    }
    return try bernoulliExp(product: (rest, denominator), (1, 1), from: &random)
  }

  /// Returns true with probability exp(−γ) for γ = a · b ≤ 1, a product of two fractions: draws
  /// k = 1, 2, … while Bernoulli(γ/k) succeeds, and returns whether the first failure has odd k.
  private func bernoulliExp(
    product a: (numerator: UInt128, denominator: UInt128),
    _ b: (numerator: UInt128, denominator: UInt128), from random: inout some RandomSource
  ) throws(FedMedError) -> Bool {
    var k: UInt128 = 1
    while try random.uniform(below: a.denominator * k) < a.numerator,
      try random.uniform(below: b.denominator) < b.numerator
    {
      k += 1
    }
    return k % 2 == 1
  }

  /// ⌊√value⌋.
  static func squareRoot(_ value: UInt128) -> UInt128 {
    guard value > 1 else { return value }
    // Newton's iteration from above.
    var root: UInt128 = 1 << UInt128((UInt128.bitWidth - value.leadingZeroBitCount + 1) / 2)
    while true {
      let next = (root + value / root) / 2
      if next >= root { return root }
      root = next
    }
  }
}
