import Testing

@testable import FMBase
@testable import FMMethods
@testable import FMNumerics

/// Closed-form heads, compared with values of NumPy and scikit-learn.
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

  /// The pooled samples of all sites.
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

  @Test func sumsAgreeWithNumPy() throws {
    let all = try statistics(everything)
    #expect(try error(all.counts, "counts") == 0)
    #expect(try error(all.sums.elements, "class_sums") < 1e-9)
    var moments = all.moments
    moments.symmetrize()
    #expect(try error(moments.elements, "gram") < 1e-9)
  }

  @Test(arguments: [0.05, 0.2, 0.5])
  func discriminantsAgreeWithScikitLearn(shrinkage: Double) throws {
    let head = try GaussianHead(statistics(everything), .lda, shrinkage: shrinkage)
    #expect(try error(head.mean, "mean") < 1e-9)
    #expect(try error([head.scale], "scale") < 1e-9)
    #expect(try error(head.weight.elements, "lda_\(shrinkage)_weight") < 1e-6)
    #expect(try error(head.bias, "lda_\(shrinkage)_bias") < 1e-6)
    // The model also predicts after a pass through archives.
    let sum = try method(["shrinkage": .number(shrinkage)]).model(of: totals(sites), noise: 0)
      .tensors
    #expect(try error(sum[2].values.map { Double($0) }, "lda_\(shrinkage)_weight") < 1e-5)
    #expect(try error(sum[3].values.map { Double($0) }, "lda_\(shrinkage)_bias") < 1e-5)
  }

  @Test func ridgeRegressionAgreesWithScikitLearn() throws {
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
    #expect(abs(try ridge.best().penalty / info.chosen - 1) < 1e-9)
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

  // MARK: - Identities

  @Test func orderAndGroupingChangeNoBit() throws {
    let once = try totals(sites)
    #expect(try totals(sites.reversed()) == once)
    var grouped = try totals([sites[2], sites[0]])
    for (i, other) in try totals([sites[1]]).enumerated() { try grouped[i].add(other) }
    #expect(grouped == once)
  }

  @Test func removedSiteLeavesNoTrace() throws {
    var sum = try totals([sites[0], sites[2]])
    let never = sum
    for (i, other) in try totals([sites[1]]).enumerated() {
      try sum[i].add(other)
      try sum[i].add(other, subtracting: true)
    }
    #expect(sum == never)
  }

  @Test func sitesTogetherEqualOneSite() throws {
    let (apart, one) = (
      try method().model(of: totals(sites), noise: 0).tensors,
      try method().model(of: totals([everything]), noise: 0).tensors
    )
    for (a, b) in zip(apart, one) {
      let largest = b.values.map(\.magnitude).max() ?? 1
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-5 * largest) }
    }
  }

  /// Three copies of each sample give the same mean, scale and covariance.
  @Test func copiesActAsWeights() throws {
    let copies = Samples(
      everything.features.gathering((0..<585).map { $0 % 195 }),
      labels: (0..<585).map { everything.labels[$0 % 195] })
    let once = try GaussianHead(statistics(everything), .lda, shrinkage: 0.2)
    let thrice = try GaussianHead(statistics(copies), .lda, shrinkage: 0.2)
    for (a, b) in zip(once.weight.elements, thrice.weight.elements) { #expect(abs(a - b) < 1e-9) }
    #expect(once.prior == thrice.prior)
  }

  @Test func siteWithoutAClassDoesNotChangeItsMean() throws {
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

  // MARK: - Refusals

  func reason(_ samples: [Samples], _ given: [String: HyperParameterScalar] = [:]) -> String? {
    failure { _ = try method(given).model(of: totals(samples), noise: 0) }?.reason
  }

  @Test func refusesDataThatNoHeadFits() throws {
    let few = Samples(sites[0].features.gathering(0..<10), labels: Array(sites[0].labels[..<10]))
    #expect(
      try #require(reason([few], ["shrinkage": .number(0)]))
        .hasPrefix("the covariance is singular with a shrinkage of 0.0: 10 samples of all sites"))
    #expect(
      reason([few], ["head": .name("ridge")])
        == "10 samples of all sites together are too few for ridge regression on 16 features")
    #expect(
      reason([sites[0].filtered { $0 == 1 }])
        == "training samples of fewer than two classes: nothing to classify")
    var constant = everything.features
    for row in 0..<constant.rows { constant[row, 3] = 0 }
    #expect(
      try #require(
        reason([Samples(constant, labels: everything.labels)], ["shrinkage": .number(0)])
      ).hasSuffix("some of which are constant, nearly constant or linearly dependent"))
    let same = Matrix(rows: 8, columns: 16, repeating: 1)
    #expect(
      try #require(reason([Samples(same, labels: [0, 1, 0, 1, 0, 1, 0, 1])]))
        .hasPrefix("all features are the same"))
    let zero = Matrix(rows: 2, columns: 16)
    #expect(
      failure { _ = try statistics(Samples(zero, labels: [0, 1])) }?.reason
        == "training sample 1 has features that are all zero")
  }

  @Test func remarksOnMissingClassesAndFewSamples() throws {
    let method = try method()
    let model = try method.model(of: totals(sites.map { $0.filtered { $0 != 2 } }), noise: 0)
    #expect(model.missing == [2] && model.remarks.isEmpty)
    let predictions = try method.predict(
      everything.features, texts: ClassTexts(features: everything.features, logitScale: 1),
      shared: model.tensors, kept: nil)
    #expect((0..<195).allSatisfy { predictions.final[$0, 2] == 0 })
    let few = Samples(sites[0].features.gathering(0..<12), labels: Array(sites[0].labels[..<12]))
    #expect(
      try method.model(of: totals([few]), noise: 0).remarks.last?.contains("12 training samples")
        == true)
    // Samples of classes without a model are not in the log loss.
    #expect(
      try method.logLosses(everything, shared: model.tensors).count
        == everything.labels.count { $0 != 2 })
  }

  /// Features may be so large or small that their squares do not fit in single precision.
  @Test func ignoresTheScaleOfFeatures() throws {
    let method = try method()
    let texts = ClassTexts(features: everything.features, logitScale: 1)
    let tensors = try method.model(of: totals(sites), noise: 0).tensors
    let once = try method.predict(everything.features, texts: texts, shared: tensors, kept: nil)
    for scale: Float in [0x1p80, 0x1p-80] {
      var scaled = everything.features
      scaled.scale(by: scale)
      let other = try method.predict(scaled, texts: texts, shared: tensors, kept: nil)
      #expect(other.final == once.final)
    }
    var large = tensors
    large[2].values[0] = 3e38
    #expect(
      failure {
        _ = try method.predict(everything.features, texts: texts, shared: large, kept: nil)
      }?
      .place == "weight.npy")
  }

  /// Compares the sizes of update and state, for 512 features and 7 classes.
  @Test func archivesAreSmall() throws {
    let large = MethodSetting(dimension: 512, classes: 7)
    func bytes(_ layout: Layout) -> Int { layout.reduce(0) { $0 + 4 * $1.shape.reduce(1, *) } }
    // The rest is for the manifest, and for the header and padding of each member.
    #expect(bytes(GaussianStatistics.layout(large)) + 16384 < 560_000)
    for shape in PersonalPart.Shape.allCases {
      #expect(bytes(PersonalPart.layout(large, shape)) + 16384 < 1_000_000)
    }
  }

  /// Statistics that no samples can have are refused before they are added to a sum.
  @Test func refusesImpossibleStatistics() throws {
    let method = try method()
    func place(_ change: (inout [Tensor]) -> Void) throws -> String? {
      var tensors = try statistics(sites[0]).tensors(method.sent)
      change(&tensors)
      return failure {
        try method.check(tensors.map { try IntegerTensor($0) }, samples: 60, noise: 0)
      }?.place
    }
    #expect(try place { _ in } == nil)
    #expect(try place { $0[0].values[0] += 1 } == "statistics/counts.npy")
    #expect(try place { $0[0].values[0] += 0.5 } == "statistics/counts.npy")
    #expect(try place { $0[1].values[3] = 100 } == "statistics/class_sums.npy")
    #expect(try place { $0[2].values[0] += 1 } == "statistics/second_moments.npy")
    #expect(try place { $0[2].values[1] = 50 } == "statistics/second_moments.npy")
    #expect(try place { $0[2].values[1] = 0x1p-26 } == "statistics/second_moments.npy")
    // Each entry is possible, but the matrix is not: three directions, each opposed to the others.
    #expect(
      try place {
        for place in [1, 2, 17] { $0[2].values[place] = -0.9 * $0[2].values[0] }
      } == "statistics/second_moments.npy")
    var large = IntegerTensor(name: "x", shape: [1], values: [Int64.max])
    #expect(failure { try large.add(large) }?.reason == "the sum overflows 64 bits")
  }
}
