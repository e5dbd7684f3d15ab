import FMBase
import FMNumerics
import FMPrivacy

/// Statistics under differential privacy.
extension Gaussian: PrivateMethod {
  /// m, the noise on a query of sensitivity 1.
  package var noiseMultiplier: Double {
    guarantee.map { ConcentratedPrivacy.noise(epsilon: $0.epsilon, delta: $0.delta) } ?? 0
  }

  /// The sum is released once.
  package var sharesNoise: Bool { true }

  /// m, and that of the analytic Gaussian mechanism, which is a little smaller because it is exact
  /// for one release.
  package var noiseDescription: String {
    guard let guarantee else { return "no noise" }
    let exact = AnalyticGaussian.noise(epsilon: guarantee.epsilon, delta: guarantee.delta)
    return
      "noise of \(rounded(noiseMultiplier)) times the sensitivity (analytic Gaussian mechanism: "
      + "\(rounded(exact)))"
  }

  private func rounded(_ value: Double) -> Double { (1e4 * value).rounded() / 1e4 }

  /// One release with Gaussian noise: ρ = 1/2m².
  package var lossOfRound: RenyiCurve {
    let multiplier = noiseMultiplier
    return multiplier > 0 ? RenyiCurve(concentrated: 1 / (2 * multiplier * multiplier)) : .zero
  }

  /// The noise in totals; `nil` if there is none.
  func noise(_ variance: Double) -> StatisticsNoise? {
    guarantee == nil || variance <= 0
      ? nil : StatisticsNoise(multiplier: noiseMultiplier, variance: variance)
  }

  /// Computes the site's statistics and adds noise.
  /// - Throws: `badData` if a sample's features are all zero, or δ is too large for the number of
  ///   samples; `usage` if patients are unknown; `ioError` if there are no random bytes.
  func privateStatistics(
    _ data: TrainingData, _ guarantee: PrivacyGuarantee
  ) throws(FedMedError) -> Trained {
    // A larger δ would allow publishing one of the samples.
    guard guarantee.delta * 10 * Double(data.training.count) <= 1 else {
      throw FedMedError(
        .badData,
        "a delta of \(guarantee.delta) is too large for \(data.training.count) training samples",
        hint: "delta must be at most a tenth of 1 over their number")
    }
    if guarantee.unit == .patient, data.patients == nil {
      throw FedMedError(.badData, "the patients of the samples are unknown")
    }
    var statistics = try PrivateStatistics(
      data.training.features, labels: data.training.labels, classes: setting.classes,
      units: guarantee.unit == .patient ? data.patients : nil)
    let noise = data.noise
    var random = noise.random
    try statistics.addNoise(
      PrivateStatistics.Variances(multiplier: noiseMultiplier, shares: noise.shares),
      from: &random)
    let totals = statistics.totals(sent)
    return Trained(totals: totals, count: max(samples(in: totals), 1))
  }
}

extension PrivateStatistics {
  /// The arrays of an update, in units of 2⁻²⁴.
  func totals(_ layout: Layout) -> [IntegerTensor] {
    let finer = Int64(Self.unitsInOne)
    return zip(layout, [counts.map { $0 * finer }, sums.map { $0 * finer }, moments]).map {
      IntegerTensor(name: $0.name, shape: $0.shape, values: $1)
    }
  }
}
