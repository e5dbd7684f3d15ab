import Testing

@testable import FMBase
@testable import FMMethods
@testable import FMNumerics
@testable import FMPrivacy

/// The method gaussian under differential privacy: what a site releases, and heads made of it.
struct PrivateGaussianTests {
  let setting = MethodSetting(dimension: 24, classes: 3)
  var random = RandomStream(seed: 5, purpose: .partition)

  func method(_ given: [String: HyperParameterScalar] = [:]) throws -> Gaussian {
    var values: [String: HyperParameterScalar] = ["dp": .number(3)]
    values.merge(given) { $1 }
    return Gaussian(setting, try MethodDefinition.gaussian.values(given: values))
  }

  /// Samples around a direction per class.
  mutating func samples(_ count: Int) -> Samples {
    let labels = (0..<count).map { $0 % 3 }
    var values: [Float] = []
    for label in labels {
      for j in 0..<24 { values.append(Float(0.3 * random.normal()) + (j % 3 == label ? 1 : 0)) }
    }
    return Samples(Matrix(rows: count, columns: 24, elements: values), labels: labels)
  }

  func data(_ samples: Samples, seed: UInt8 = 1, shares: Int = 1) -> TrainingData {
    var data = TrainingData(
      site: "a", round: 1, training: samples, validation: samples,
      texts: ClassTexts(features: Matrix(rows: 3, columns: 24), logitScale: 1))
    data.noise = NoiseSource(random: KnownRandom(seed: seed), shares: shares)
    return data
  }

  func release(_ data: TrainingData, _ method: Gaussian) throws -> Trained {
    try method.train(data, shared: method.start(nil), kept: []) { _ in }
  }

  /// The accountant's noise for ε gives ε again, slightly more noise than the continuous bound.
  @Test(arguments: [0.01, 1, 3, 8, 100])
  func noiseIsThatOfTheAccountant(epsilon: Double) throws {
    let method = try method(["dp": .number(epsilon)])
    let spent = method.lossOfRound.epsilon(delta: 1e-5)
    #expect(spent <= epsilon && spent > epsilon * (1 - 1e-6))
    let rho = ConcentratedPrivacy.rho(epsilon: epsilon, delta: 1e-5)
    let noise = method.noiseMultiplier
    #expect(noise >= (1 / (2 * rho)).squareRoot() * (1 - 1e-8))
    #expect(noise < (1 / (2 * rho)).squareRoot() * 1.02)
    // The exact Gaussian would need a little less.
    #expect(AnalyticGaussian.noise(epsilon: epsilon, delta: 1e-5) < noise)
  }

  @Test mutating func aReleaseIsTheSumPlusItsNoise() throws {
    let own = data(samples(90))
    let method = try method()
    let sent = try release(own, method)
    #expect(sent.sent.isEmpty && sent.totals.map(\.name) == method.sent.map(\.name))
    #expect(try release(own, method).totals == sent.totals)
    #expect(try release(data(own.training, seed: 2), method).totals != sent.totals)
    var exact = try PrivateStatistics(
      own.training.features, labels: own.training.labels, classes: 3)
    var source = KnownRandom(seed: 1)
    try exact.addNoise(.init(multiplier: method.noiseMultiplier), from: &source)
    #expect(sent.totals[2].values == exact.moments)
    #expect(sent.totals[1].values == exact.sums.map { $0 << 12 })
    #expect(sent.totals[0].values == exact.counts.map { $0 << 12 })
    // The published number of samples is that of the noisy counts.
    #expect(sent.publicCount == Int(sent.totals[0].doubles.reduce(0, +).rounded()))
  }

  @Test mutating func sitesThatShareNoiseAddApartOfIt() throws {
    let own = samples(60)
    let method = try method(["dp": .number(0.1)])
    func spread(_ shares: Int) throws -> Double {
      let counts = try (1...40).flatMap { seed in
        try release(data(own, seed: UInt8(seed), shares: shares), method).totals[1].doubles
      }
      let mean = counts.reduce(0, +) / Double(counts.count)
      return counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counts.count)
    }
    let ratio = try spread(1) / spread(4)
    #expect(ratio > 3.4 && ratio < 4.7)
  }

  @Test mutating func patientsAndDeltaAreChecked() throws {
    let own = data(samples(30))
    let patients = try method(["dpUnit": .name("patient")])
    #expect(failure { _ = try release(own, patients) }?.reason.contains("patients") == true)
    var named = own
    named.patients = (0..<30).map { $0 / 3 }
    #expect(try release(named, patients).totals != release(own, method()).totals)
    let careless = try method(["delta": .number(0.004)])
    #expect(failure { _ = try release(own, careless) }?.code == .badData)
    _ = try release(own, method(["delta": .number(0.003)]))
  }

  /// W solves (G₊ + λI) W = B, for the nearest scatter G₊ without negative eigenvalues and
  /// λ = σ_G √D/4.
  @Test mutating func ridgeHeadHasTheFixedPenalty() throws {
    let method = try method(["dp": .number(0.5)])
    let totals = try release(data(samples(300)), method).totals
    let statistics = GaussianStatistics(totals, setting, noise: method.noise(1))
    let moments = try StandardizedMoments(statistics)
    let deviation = method.noiseMultiplier * PrivateStatistics.sensitivity
    let variance = moments.scale * moments.scale
    #expect((moments.penalty * variance / (deviation * 24.0.squareRoot() / 4) - 1).magnitude < 1e-9)
    #expect(try #require(moments.scatter.eigenvalues).allSatisfy { $0 > -1e-6 })
    let weight = try GaussianHead(statistics, .ridge, shrinkage: 0).weight
    for c in 0..<3 {
      for i in 0..<24 {
        let left = (0..<24).reduce(moments.penalty * weight[c, i]) {
          $0 + moments.scatter[i, $1] * weight[c, $1]
        }
        #expect(
          (left - moments.counts[c] * moments.classMeans[c, i]).magnitude < 1e-6
            * variance.magnitude + 1e-6)
      }
    }
  }

  /// Any noise gives a head: counts are at least 1 and nothing is divided by zero.
  @Test(arguments: ["auto", "ridge", "lda", "nb"], [0.01, 1.0, 8.0])
  mutating func anyNoiseGivesAHead(head: String, epsilon: Double) throws {
    var copy = self
    let method = try method(["dp": .number(epsilon), "head": .name(head)])
    let own = copy.samples(40)
    let model = try method.model(of: release(data(own), method).totals, noise: 1)
    #expect(model.tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(model.missing.isEmpty)
    _ = try method.predict(
      own.features, texts: data(own).texts, shared: model.tensors, kept: nil)
  }

  @Test mutating func muchDataClassifiesDespiteNoise() throws {
    let (own, other) = (samples(3000), samples(300))
    let method = try method(["dp": .number(1)])
    let model = try method.model(of: release(data(own), method).totals, noise: 1)
    let predictions = try method.predict(
      other.features, texts: data(own).texts, shared: model.tensors, kept: nil)
    let predicted = Predictions.classes(predictions.final)
    #expect(zip(predicted, other.labels).count { $0 == $1 } > 290)
  }

  @Test mutating func impossibleStatisticsAreRefused() throws {
    let method = try method()
    let totals = try release(data(samples(60)), method).totals
    try method.check(totals, samples: 60, noise: 1)
    for (array, factor) in [(0, -40), (1, 60), (2, 60)] {
      var wrong = totals
      let values = wrong[array].values.map { $0 * Int64(factor) }
      wrong[array] = IntegerTensor(
        name: wrong[array].name, shape: wrong[array].shape, values: values)
      #expect(failure { try method.check(wrong, samples: 60, noise: 1) }?.code == .badData)
    }
  }

  @Test func nearestMatrixWithoutNegativeEigenvalues() throws {
    // Eigenvalues 3 and −1 with the eigenvectors (1, 1)/√2 and (1, −1)/√2.
    let matrix = DoubleMatrix(rows: 2, columns: 2, elements: [1, 2, 2, 1])
    let part = try #require(matrix.positivePart)
    for value in part.elements { #expect((value - 1.5).magnitude < 1e-12) }
    let negative = DoubleMatrix(rows: 2, columns: 2, elements: [-1, 0, 0, -2])
    #expect(negative.positivePart?.elements == [0, 0, 0, 0])
  }
}
