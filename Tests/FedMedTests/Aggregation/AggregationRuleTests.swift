import Glibc
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics

struct AggregationRuleTests {
  /// The two arrays and the number of samples of each site.
  private func updates() throws -> [(tensors: [Tensor], samples: Int)] {
    let (a, b) = (try Golden.array("aggregate/a"), try Golden.array("aggregate/b"))
    let examples = try Golden.array("aggregate/examples").integers
    return (0..<7).map { k in
      let tensors = [
        Tensor(name: "a", shape: [3, 5], values: a.values[k * 15..<k * 15 + 15].map { Float($0) }),
        Tensor(name: "b", shape: [4], values: b.values[k * 4..<k * 4 + 4].map { Float($0) }),
      ]
      return (tensors, examples[k])
    }
  }

  private func combine(
    _ type: any AggregationRule.Type, _ settings: AggregationSettings = .init(),
    _ updates: [[Float]], weights: [Double]? = nil
  ) throws -> [Float] {
    var rule = try type.init(settings)
    for (k, values) in updates.enumerated() {
      rule.add(
        [Tensor(name: "x", shape: [values.count], values: values)], weight: weights?[k] ?? 1)
    }
    return try rule.result()[0].values
  }

  /// Compares with the results of Flower, whose multi-Krum weights updates by samples.
  @Test(arguments: [
    ("median", "median", AggregationWeights.uniform),
    ("trimmed-mean", "trimmed_mean_02", .uniform), ("krum", "krum_f1", .uniform),
    ("multi-krum", "multikrum_f1_m3", .samples), ("bulyan", "bulyan_f1", .uniform),
    ("mean", "uniform_mean", .uniform), ("mean", "weighted_mean", .samples),
  ])
  func agreesWithFlower(name: String, golden: String, weights: AggregationWeights) throws {
    let type = try #require(AggregationRules.all.first { $0.name == name })
    var settings = AggregationSettings()
    settings.kept = 3
    var rule = try type.init(settings)
    for update in try updates() {
      rule.add(update.tensors, weight: weights.weight(samples: update.samples))
    }
    for tensor in try rule.result() {
      let expected = try Golden.array("aggregate/\(golden).\(tensor.name)")
      #expect(relativeError(Matrix(vector: tensor.values), expected) < 1e-6)
    }
  }

  @Test func keepsEqualUpdatesUnchanged() throws {
    var settings = AggregationSettings()
    settings.global = [Tensor(name: "x", shape: [3], values: [5, 5, 5])]
    for rule in AggregationRules.all {
      let result = try combine(rule, settings, [[Float]](repeating: [1, -2, 0.5], count: 7))
      for (value, expected) in zip(result, [1, -2, 0.5] as [Float]) {
        #expect(abs(value - expected) < 1e-6, "\(rule.name)")
      }
    }
  }

  @Test func refusesTooFewUpdates() throws {
    for (rule, least) in [
      (KrumRule.self, 5), (MultiKrumRule.self, 5), (BulyanRule.self, 7),
    ] as [(any AggregationRule.Type, Int)] {
      let one = [[Float]](repeating: [1], count: least)
      _ = try combine(rule, .init(), one)
      #expect(
        failure { () throws(FedMedError) in
          var few = try rule.init(.init())
          for _ in 1..<least { few.add([Tensor(name: "x", shape: [1], values: [1])], weight: 1) }
          _ = try few.result()
        }?.code == .tryAgain)
    }
  }

  /// At the geometric median of three points, the sides are seen at angles of 120°.
  @Test func findsTheGeometricMedianOfATriangle() throws {
    let corners: [[Float]] = [[0, 0], [4, 0], [1, 3]]
    let point = try combine(GeometricMedianRule.self, .init(), corners).map { Double($0) }
    // The gradient of the sum of distances vanishes there.
    var slope = (0.0, 0.0)
    for corner in corners {
      let (x, y) = (point[0] - Double(corner[0]), point[1] - Double(corner[1]))
      slope.0 += x / hypot(x, y)
      slope.1 += y / hypot(x, y)
    }
    #expect(hypot(slope.0, slope.1) < 1e-4)
    // A point with more weight than all others together is the median.
    let heavy = try combine(GeometricMedianRule.self, .init(), corners, weights: [5, 1, 1])
    #expect(abs(heavy[0]) < 1e-3 && abs(heavy[1]) < 1e-3)
  }

  /// For g = 1 and differences 1, 2 and 10, C = 2 clips the last one to 2.
  @Test func clipsDifferences() throws {
    var settings = AggregationSettings()
    settings.global = [Tensor(name: "x", shape: [1], values: [1])]
    let values: [[Float]] = [[2], [3], [11]]
    #expect(abs(try combine(ClippedMeanRule.self, settings, values)[0] - (1 + 5.0 / 3)) < 1e-6)
    settings.largestNorm = 1
    #expect(try combine(ClippedMeanRule.self, settings, values)[0] == 2)
    settings.largestNorm = 100
    #expect(abs(try combine(ClippedMeanRule.self, settings, values)[0] - 16.0 / 3) < 1e-6)
    settings.global = nil
    #expect(failure { _ = try ClippedMeanRule(settings) }?.code == .usage)
  }

  @Test(
    arguments: [
      ([1, 1.1, 0.9, 1.05, 9], 7.95), ([1, 1.1, 9], 7.9), ([1, 1.1, 1.05, -50, 9], 7.95),
      ([1, 1.1, 1e30], 1e30),
    ] as [([Float], Double)])
  func detectsDistantUpdates(values: [Float], last: Double) {
    var collection = UpdateCollection()
    for value in values {
      collection.add([Tensor(name: "x", shape: [1], values: [value])], weight: 1)
    }
    let distances = UpdateGuard.distances(collection)
    let median = UpdateGuard.median(distances)
    #expect(distances.map { $0 > 3 * median } == values.map { abs($0 - 1) > 1 })
    #expect(abs(distances[values.count - 1] / last - 1) < 1e-5)
    #expect(!UpdateGuard.ratio(distances[values.count - 1], median).contains("null"))
  }

  /// Compares two steps, Δ = .5 and then 0, with values computed by hand.
  @Test func optimizersMatchHandComputedSteps() {
    var (m, v) = (0.0, 1e-6)
    #expect(FedAvgM.step(0.5, first: &m, second: &v) == 0.5)
    #expect(FedAvgM.step(0, first: &m, second: &v) == 0.45)
    (m, v) = (0, 1e-6)
    var step = FedAdam.step(0.5, first: &m, second: &v)
    var second = 0.99e-6 + 0.01 * 0.25
    #expect(abs(step - 0.05 / (second.squareRoot() + 1e-3)) < 1e-12)
    step = FedAdam.step(0, first: &m, second: &v)
    second *= 0.99
    #expect(abs(step - 0.045 / (second.squareRoot() + 1e-3)) < 1e-12)
    (m, v) = (0, 1e-6)
    _ = FedYogi.step(0.5, first: &m, second: &v)
    #expect(abs(v - (1e-6 + 0.01 * 0.25)) < 1e-15)
    (m, v) = (0, 1)
    _ = FedYogi.step(0.5, first: &m, second: &v)
    #expect(abs(v - (1 - 0.01 * 0.25)) < 1e-15)
  }
}
