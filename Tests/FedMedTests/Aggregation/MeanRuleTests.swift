import Testing

@testable import FedMed

struct MeanRuleTests {
  /// flwr's weighted and uniform means.
  @Test(arguments: AggregationWeights.allCases)
  func agreesWithReference(weights: AggregationWeights) throws {
    let (a, b) = (try Golden.array("aggregate/a"), try Golden.array("aggregate/b"))
    let examples = try Golden.array("aggregate/examples").integers
    var rule = MeanRule()
    for k in 0..<7 {
      let tensors = [
        Tensor(name: "a", shape: [3, 5], values: a.values[k * 15..<k * 15 + 15].map { Float($0) }),
        Tensor(name: "b", shape: [4], values: b.values[k * 4..<k * 4 + 4].map { Float($0) }),
      ]
      rule.add(tensors, weight: weights.weight(samples: examples[k]))
    }
    let prefix = weights == .uniform ? "uniform_mean" : "weighted_mean"
    for tensor in rule.result() {
      let expected = try Golden.array("aggregate/\(prefix).\(tensor.name)")
      let actual = Matrix(vector: tensor.values)
      #expect(relativeError(actual, expected) < 1e-6)
    }
  }

  /// In single precision the ones would be lost beside 2²⁵.
  @Test func sumsInDoublePrecision() {
    var rule = MeanRule()
    let values: [Float] = [0x1p25, 1, 1, 1, 1, -0x1p25]
    for value in values { rule.add([Tensor(name: "x", shape: [1], values: [value])], weight: 1) }
    #expect(rule.result()[0].values == [Float(4.0 / 6)])
  }
}
