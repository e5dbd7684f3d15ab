import Glibc
import Testing

@testable import FMBase
@testable import FMMethods
@testable import FMNumerics

/// Closed-form heads, against NumPy's and scikit-learn's values.
struct GaussianTests {
  let setting = MethodSetting(dimension: 16, classes: 4)
  let sites: [Samples]

  init() throws {
    sites = try (0..<3).map { site in
      Samples(
        try Golden.array("one-round/site\(site)_features").matrix,
        labels: try Golden.array("one-round/site\(site)_labels").integers)
    }
  }

  func statistics(_ samples: Samples) throws -> GaussianStatistics {
    try GaussianStatistics(samples.features, labels: samples.labels, classes: 4)
  }

  /// All samples in one place.
  var everything: Samples {
    let features = sites.flatMap(\.features.elements)
    return Samples(
      Matrix(rows: features.count / 16, columns: 16, elements: features),
      labels: sites.flatMap(\.labels))
  }

  func method(_ given: [String: HyperParameterScalar] = [:]) throws -> Gaussian {
    Gaussian(setting, try MethodDefinition.gaussian.values(given: given))
  }

  func totals(_ samples: [Samples]) throws -> [IntegerTensor] {
    let method = try method()
    var totals = method.sent.map { IntegerTensor($0) }
    for own in samples {
      let tensors = try statistics(own).tensors(method.sent)
      for i in totals.indices { try totals[i].add(IntegerTensor(tensors[i])) }
    }
    return totals
  }

  func error(_ actual: [Double], _ golden: String) throws -> Double {
    let expected = try Golden.array("one-round/\(golden)").values
    #expect(actual.count == expected.count)
    let largest = expected.map(\.magnitude).max() ?? 1
    return (zip(actual, expected).map { abs($0 - $1) }.max() ?? .infinity) / largest
  }

  @Test func sumsAreNumPys() throws {
    let all = try statistics(everything)
    #expect(try error(all.counts, "counts") == 0)
    #expect(try error(all.sums.elements, "class_sums") < 1e-9)
    #expect(try error(all.moments.elements, "gram") < 1e-9)
  }

  @Test(arguments: [0.05, 0.2, 0.5])
  func discriminantsAreScikitLearns(shrinkage: Double) throws {
    let head = try GaussianHead(statistics(everything), .lda, shrinkage: shrinkage)
    #expect(try error(head.mean, "mean") < 1e-9)
    #expect(try error([head.scale], "scale") < 1e-9)
    #expect(try error(head.weight.elements, "lda_\(shrinkage)_weight") < 1e-6)
    #expect(try error(head.bias, "lda_\(shrinkage)_bias") < 1e-6)
    // Through archives.
    let sum = try method(["shrinkage": .number(shrinkage)]).model(of: totals(sites)).tensors
    #expect(try error(sum[2].values.map { Double($0) }, "lda_\(shrinkage)_weight") < 1e-5)
    #expect(try error(sum[3].values.map { Double($0) }, "lda_\(shrinkage)_bias") < 1e-5)
  }

  @Test func ridgeRegressionIsScikitLearns() throws {
    struct Info: Decodable {
      struct Score: Decodable { let rss, df, gcv: Double }
      let scores: [String: Score]
      let chosen: Double

      private enum CodingKeys: String, CodingKey {
        case scores = "ridge_over_N"
        case chosen = "ridge_chosen_over_N"
      }
    }
    let info: Info = try Golden.json("one-round/info.json")
    let head = try GaussianHead(statistics(everything), .ridge, shrinkage: 0)
    #expect(try error(head.weight.elements, "ridge_weight") < 1e-6)
    #expect(try error(head.bias, "ridge_bias") < 1e-6)
    let ridge = try RidgeRegression(StandardizedMoments(statistics(everything)))
    #expect(abs(ridge.penalty / info.chosen - 1) < 1e-9)
    #expect(info.scores.count == RidgeRegression.penalties.count)
    for (text, expected) in info.scores {
      let rounded = try #require(Double(text))
      let penalty = try #require(
        RidgeRegression.penalties.first { abs($0 / rounded - 1) < 1e-4 })
      let score = try ridge.score(penalty)
      #expect(abs(score.residuals / expected.rss - 1) < 1e-9)
      #expect(abs(score.freedom / expected.df - 1) < 1e-9)
      #expect(abs(try #require(score.value) / expected.gcv - 1) < 1e-9)
    }
  }

  @Test func aSitesPriorCorrectsProbabilities() throws {
    let tensors = try method().model(of: totals(sites)).tensors
    for (site, samples) in sites.enumerated() {
      // Without validation samples the private part is the prior alone.
      let none = Samples(Matrix(rows: 0, columns: 16), labels: [])
      let part = PersonalPart(
        try GaussianModel(tensors, setting, isRidge: false), samples, none, temperatures: [1],
        setting: setting)
      let predictions = try method().predict(
        samples.features, texts: ClassTexts(features: samples.features, logitScale: 1),
        shared: tensors, kept: part.tensors(setting))
      let expected = try Golden.array("one-round/site\(site)_lda_0.2_site_prior")
      #expect(absoluteError(try #require(predictions["prior"]), expected) < 1e-5)
      #expect(predictions["personal"] == predictions["prior"])
    }
  }

  // MARK: - Identities

  @Test func orderAndGroupingChangeNoBit() throws {
    let once = try totals(sites)
    #expect(try totals(sites.reversed()) == once)
    var grouped = try totals([sites[2], sites[0]])
    for (i, other) in try totals([sites[1]]).enumerated() { try grouped[i].add(other) }
    #expect(grouped == once)
  }

  @Test func addingAndRemovingASiteGivesTheSameBytesAsNever() throws {
    var sum = try totals([sites[0], sites[2]])
    let never = sum
    for (i, other) in try totals([sites[1]]).enumerated() {
      try sum[i].add(other)
      try sum[i].add(other, subtracting: true)
    }
    #expect(sum == never)
  }

  @Test func sitesTogetherAreOneSite() throws {
    let (apart, one) = (
      try method().model(of: totals(sites)).tensors,
      try method().model(of: totals([everything])).tensors
    )
    for (a, b) in zip(apart, one) {
      let largest = b.values.map(\.magnitude).max() ?? 1
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-5 * largest) }
    }
  }

  /// Three copies of each sample weigh three: the same mean, scale and covariance.
  @Test func copiesAreWeights() throws {
    let copies = Samples(
      everything.features.gathering((0..<585).map { $0 % 195 }),
      labels: (0..<585).map { everything.labels[$0 % 195] })
    let once = try GaussianHead(statistics(everything), .lda, shrinkage: 0.2)
    let thrice = try GaussianHead(statistics(copies), .lda, shrinkage: 0.2)
    for (a, b) in zip(once.weight.elements, thrice.weight.elements) { #expect(abs(a - b) < 1e-9) }
    #expect(once.prior == thrice.prior)
  }

  @Test func aSiteWithoutAClassLeavesThatClassesMeanAlone() throws {
    let without = sites[1].filtered { $0 != 2 }
    let (a, b) = (try statistics(sites[0]), try statistics(without))
    #expect(b.counts[2] == 0)
    #expect(b.sums.elements[32..<48].allSatisfy { $0 == 0 })
    #expect(a.counts[2] > 0)
  }

  @Test func sentNumbersAreMultiplesOfTheUnit() throws {
    for tensor in try statistics(everything).tensors(method().sent) {
      for value in tensor.values { #expect((Double(value) * 0x1p24).remainder(dividingBy: 1) == 0) }
    }
  }

  // MARK: - Private part

  /// On validation samples the private part is never worse than the shared head with the site's prior.
  @Test(arguments: ["lda", "ridge", "nb"])
  func thePrivatePartIsNeverWorseOnValidationSamples(head: String) throws {
    let method = try method(["head": .name(head)])
    let tensors = try method.model(of: totals(sites)).tensors
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

  @Test func aKnownMixTakesTheSitesPlace() throws {
    let method = try method()
    let tensors = try method.model(of: totals(sites)).tensors
    let x = sites[0].features
    let shared = try method.predict(x, shared: tensors, kept: nil, prior: [0, 0, 1, 0])
    #expect(Predictions.classes(try #require(shared["prior"])).allSatisfy { $0 == 2 })
    #expect(shared["personal"] == shared["prior"])
    let even = try method.predict(
      x, shared: tensors, kept: nil, prior: tensors[4].values.map { Double($0) })
    #expect(even["prior"] == even["shared"])
  }

  @Test func temperaturesAreFittedBySums() throws {
    let method = try method()
    let tensors = try method.model(of: totals(sites)).tensors
    let losses = try method.logLosses(everything, shared: tensors)
    #expect(losses.count == 29 && method.temperatures.first == 0.1)
    let parts = try sites.map { try method.logLosses($0, shared: tensors) }
    for (i, loss) in losses.enumerated() {
      #expect(abs(parts.reduce(0) { $0 + $1[i] } / loss - 1) < 1e-9)
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

  // MARK: - Refusals

  func reason(_ samples: [Samples], _ given: [String: HyperParameterScalar] = [:]) -> String? {
    failure { _ = try method(given).model(of: totals(samples)) }?.reason
  }

  @Test func whatNoHeadCanBeMadeOfIsSaid() throws {
    let few = Samples(sites[0].features.gathering(0..<10), labels: Array(sites[0].labels[..<10]))
    #expect(
      try #require(reason([few], ["shrinkage": .number(0)]))
        .hasPrefix("the covariance is singular with a shrinkage of 0.0: 10 samples of all sites"))
    #expect(
      reason([sites[0].filtered { $0 == 1 }])
        == "training samples of fewer than two classes; there is nothing to tell apart")
    var constant = everything.features
    for row in 0..<constant.rows { constant[row, 3] = 0 }
    #expect(
      try #require(
        reason([Samples(constant, labels: everything.labels)], ["shrinkage": .number(0)])
      ).hasSuffix("some of which are constant or depend on others"))
    let same = Matrix(rows: 8, columns: 16, repeating: 1)
    #expect(
      try #require(reason([Samples(same, labels: [0, 1, 0, 1, 0, 1, 0, 1])]))
        .hasPrefix("all features are the same"))
    let zero = Matrix(rows: 2, columns: 16)
    #expect(
      failure { _ = try statistics(Samples(zero, labels: [0, 1])) }?.reason
        == "training sample 1 has features that are all zero")
  }

  @Test func classesAndSamplesThatAreFewAreSaid() throws {
    let method = try method()
    let model = try method.model(of: totals(sites.map { $0.filtered { $0 != 2 } }))
    #expect(
      model.remarks == ["class 3 has no training samples at any site, and is never predicted"])
    let predictions = try method.predict(
      everything.features, texts: ClassTexts(features: everything.features, logitScale: 1),
      shared: model.tensors, kept: nil)
    #expect((0..<195).allSatisfy { predictions.final[$0, 2] == 0 })
    let few = Samples(sites[0].features.gathering(0..<12), labels: Array(sites[0].labels[..<12]))
    #expect(
      try method.model(of: totals([few])).remarks.last?.contains("12 training samples") == true)
  }

  /// Statistics that are none of so many samples do not spoil a sum unnoticed.
  @Test func impossibleStatisticsAreRefused() throws {
    let method = try method()
    func place(_ change: (inout [Tensor]) -> Void) throws -> String? {
      var tensors = try statistics(sites[0]).tensors(method.sent)
      change(&tensors)
      return failure { try method.check(tensors.map { try IntegerTensor($0) }, samples: 60) }?.place
    }
    #expect(try place { _ in } == nil)
    #expect(try place { $0[0].values[0] += 1 } == "statistics/counts.npy")
    #expect(try place { $0[0].values[0] += 0.5 } == "statistics/counts.npy")
    #expect(try place { $0[1].values[3] = 100 } == "statistics/class_sums.npy")
    #expect(try place { $0[2].values[0] += 1 } == "statistics/second_moments.npy")
    #expect(try place { $0[2].values[1] = 50 } == "statistics/second_moments.npy")
    #expect(try place { $0[2].values[1] = 0x1p-26 } == "statistics/second_moments.npy")
    var large = IntegerTensor(name: "x", shape: [1], values: [Int64.max])
    #expect(failure { try large.add(large) }?.reason == "the sum overflows 64 bits")
  }
}

extension Samples {
  fileprivate func indices(where isWanted: (Int) -> Bool) -> Samples {
    let chosen = labels.indices.filter(isWanted)
    return Samples(features.gathering(chosen), labels: chosen.map { labels[$0] })
  }
}
