import Glibc
import Testing

@testable import FMBase
@testable import FMMethods
@testable import FMNumerics

/// The private part of a site: its prior, its temperature and its residual.
extension GaussianTests {
  @Test func priorCorrectsProbabilities() throws {
    let tensors = try method().model(of: totals(sites), noise: 0).tensors
    for (site, samples) in sites.enumerated() {
      // Without validation samples, the private part consists of the prior.
      let data = TrainingData(
        site: "a", round: 1, training: samples,
        validation: Samples(Matrix(rows: 0, columns: 16), labels: []),
        texts: ClassTexts(features: samples.features, logitScale: 1))
      let predictions = try method().predict(
        samples.features, texts: ClassTexts(features: samples.features, logitScale: 1),
        shared: tensors, kept: method().personalize(data, shared: tensors))
      let expected = try Golden.array("one-round/site\(site)_lda_0.2_site_prior")
      #expect(absoluteError(try #require(predictions["prior"]), expected) < 1e-5)
      #expect(predictions["personal"] == predictions["prior"])
    }
  }

  /// The comparison is with the shared head and the site's prior.
  @Test(arguments: ["lda", "ridge", "nb"], ["linear", "mlp"])
  func privatePartIsNeverWorseOnValidationSamples(head: String, residual: String) throws {
    let method = try method(["head": .name(head), "residual": .name(residual)])
    let tensors = try method.model(of: totals(sites), noise: 0).tensors
    for samples in sites {
      let train = samples.indices(where: { $0 % 3 != 0 })
      let held = samples.indices(where: { $0 % 3 == 0 })
      let data = TrainingData(
        site: "a", round: 1, training: train, validation: held,
        texts: ClassTexts(features: samples.features, logitScale: 1))
      let kept = try method.personalize(data, shared: tensors)
      #expect(try method.personalize(data, shared: tensors) == kept)
      let predictions = try method.predict(
        held.features, texts: data.texts, shared: tensors, kept: kept)
      func loss(_ predictor: String) throws -> Double {
        let p = try #require(predictions[predictor])
        return held.labels.enumerated().reduce(0) { $0 - log(Double(p[$1.offset, $1.element])) }
      }
      #expect(try loss("personal") <= loss("prior") + 1e-4)
    }
  }

  /// The class is the sign of a product, which only the network can fit.
  @Test func networkFitsWhereALinearResidualCannot() {
    func problem(_ seed: UInt64) -> ResidualProblem {
      var random = RandomStream(seed: seed, purpose: .noise)
      let inputs = random.uniformMatrix(rows: 400, columns: 4, bound: 2)
      return ResidualProblem(
        inputs: inputs, labels: (0..<400).map { inputs[$0, 0] * inputs[$0, 1] > 0 ? 1 : 0 },
        offsets: DoubleMatrix(rows: 400, columns: 2))
    }
    let (training, validation) = (problem(1), problem(2))
    func loss(_ residual: any Residual) -> Double {
      validation.crossEntropy(residual.values(validation.inputs))
    }
    #expect(loss(LinearResidual(training, validation)) > 0.68)
    let network = PerceptronResidual(training, validation, seed: 1, site: "a")
    #expect(loss(network) < 0.25)
    // Each site has its own random numbers, which depend on the seed.
    #expect(
      network.tensors() == PerceptronResidual(training, validation, seed: 1, site: "a").tensors())
    #expect(
      network.tensors() != PerceptronResidual(training, validation, seed: 1, site: "b").tensors())
  }

  @Test func knownDistributionReplacesTheSitesPrior() throws {
    let method = try method()
    let tensors = try method.model(of: totals(sites), noise: 0).tensors
    let x = sites[0].features
    let shared = try method.predict(x, shared: tensors, kept: nil, prior: [0, 0, 1, 0])
    #expect(Predictions.classes(try #require(shared["prior"])).allSatisfy { $0 == 2 })
    #expect(shared["personal"] == shared["prior"])
    let even = try method.predict(
      x, shared: tensors, kept: nil, prior: tensors[4].values.map { Double($0) })
    #expect(even["prior"] == even["shared"])
  }

  @Test func fitsTemperaturesFromSums() throws {
    let method = try method()
    let tensors = try method.model(of: totals(sites), noise: 0).tensors
    let (count, losses) = try method.logLosses(everything, shared: tensors)
    #expect(count == 195)
    #expect(losses.count == 29 && method.temperatures.first == 0.1)
    let parts = try sites.map { try method.logLosses($0, shared: tensors).losses }
    for (i, loss) in losses.enumerated() {
      let sum = parts.reduce(0) { $0 + $1[i] }
      #expect(abs(sum / loss - 1) < 1e-9)
    }
    // At temperature 1 the loss is that of the predictions.
    let p = try #require(
      try method.predict(
        everything.features, shared: tensors, kept: nil, prior: tensors[4].values.map { Double($0) }
      )["shared"])
    let own = everything.labels.enumerated().reduce(0) {
      $0 - log(Double(p[$1.offset, $1.element]))
    }
    let one = try #require(method.temperatures.firstIndex(of: 1))
    #expect(abs(losses[one] / own - 1) < 1e-5)
    let ridge = try self.method(["head": .name("ridge")])
    #expect(ridge.temperatures.last == 30 && ridge.temperatures.count == 59)
  }
}

extension Samples {
  fileprivate func indices(where isWanted: (Int) -> Bool) -> Samples {
    let chosen = labels.indices.filter(isWanted)
    return Samples(features.gathering(chosen), labels: chosen.map { labels[$0] })
  }
}
