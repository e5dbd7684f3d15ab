import Testing

@testable import FMArchive
@testable import FMFederation
@testable import FMMetrics
@testable import FMNumerics

struct MeanRuleTests {
  /// In single precision, adding 1 to 2²⁵ changes nothing.
  @Test func sumsInDoublePrecision() {
    var rule = MeanRule(.init())
    let values: [Float] = [0x1p25, 1, 1, 1, 1, -0x1p25]
    for value in values { rule.add([Tensor(name: "x", shape: [1], values: [value])], weight: 1) }
    #expect(rule.result()[0].values == [Float(4.0 / 6)])
  }
}
