import Testing

@testable import FMBase
@testable import FMLayers
@testable import FMNumerics

struct MaskedLinearTests {
  func layer(_ weights: [[Float]], bias: [Float], threshold: [Float]) throws -> MaskedLinear {
    var random = RandomStream(seed: 0, purpose: .localClassifier)
    var layer = MaskedLinear(
      name: "l", inputs: weights[0].count, outputs: weights.count, random: &random)
    try layer.load(
      TensorTable([
        Tensor(
          name: "l.weight", shape: [weights.count, weights[0].count],
          values: weights.flatMap { $0 }),
        Tensor(name: "l.bias", shape: [bias.count], values: bias),
        Tensor(name: "l.threshold", shape: [threshold.count], values: threshold),
      ]))
    return layer
  }

  @Test func startsInItsRangeWithAllRowsActive() {
    var random = RandomStream(seed: 1, purpose: .localClassifier)
    var layer = MaskedLinear(name: "l", inputs: 16, outputs: 40, random: &random)
    #expect(layer.weight.value.elements.allSatisfy { $0.magnitude <= 0.25 })
    #expect(layer.bias.value.elements.allSatisfy { $0.magnitude <= 0.25 })
    #expect((layer.weight.value.elements.map(\.magnitude).max() ?? 0) > 0.2)
    #expect(layer.threshold.value.elements.allSatisfy { $0 == 0 })
    var y = Matrix(rows: 1, columns: 40)
    layer.forward(Matrix(rows: 1, columns: 16, repeating: 1), into: &y)
    #expect(layer.mask.allSatisfy { $0 })
  }

  /// u = (1, 2, 0.5): s = (0, −1, 0.5 − 3).
  @Test func maskFollowsItsDefinition() throws {
    var layer = try layer(
      [[1, -1], [2, 2], [0.5, -0.5]], bias: [10, 20, 30], threshold: [1, 3, 3])
    var y = Matrix(rows: 1, columns: 3)
    layer.forward(Matrix(vector: [1, 2]), into: &y)
    // A row with s = 0 is active; an inactive row gives exactly 0, without its bias.
    #expect(layer.mask == [true, false, false])
    #expect(y.elements == [9, 0, 0])
    var gradient = Matrix(vector: [1, 1, 1])
    var dx = Matrix(rows: 1, columns: 2)
    layer.backward(Matrix(vector: [1, 2]), gradient: &gradient, dx: &dx)
    #expect(dx.elements == [1, -1])
    #expect(layer.bias.gradient.elements == [1, 0, 0])
    // dm = W x + b = (9, 26, 29.5). If |s| ≤ 1, κ receives −ds, and W additionally ds sign(W) / in.
    #expect(layer.threshold.gradient.elements == [-9, -26, 0])
    #expect(layer.weight.gradient.elements == [1 + 4.5, 2 - 4.5, 13, 13, 0, 0])
  }

  @Test func signOfZeroIsZero() throws {
    var layer = try layer([[0, 1]], bias: [0], threshold: [0])
    var y = Matrix(rows: 1, columns: 1)
    layer.forward(Matrix(vector: [0, 2]), into: &y)
    var gradient = Matrix(vector: [1])
    layer.backward(Matrix(vector: [0, 2]), gradient: &gradient)
    #expect(layer.weight.gradient.elements == [0, 2 + 1])
  }

  /// With fewer than 1 of 100 rows active, κ is reset to 0.
  @Test func collapsedMaskIsReset() throws {
    let weights = [[Float]](repeating: [1], count: 100)
    let zeros = [Float](repeating: 0, count: 100)
    var threshold = [Float](repeating: 2, count: 100)
    threshold[7] = 0.5
    var kept = try layer(weights, bias: zeros, threshold: threshold)
    var y = Matrix(rows: 1, columns: 100)
    kept.forward(Matrix(vector: [3]), into: &y)
    #expect(kept.mask.count { $0 } == 1)
    #expect(kept.threshold.value.elements == threshold)
    threshold[7] = 2
    var reset = try layer(weights, bias: zeros, threshold: threshold)
    reset.forward(Matrix(vector: [3]), into: &y)
    #expect(reset.mask.allSatisfy { $0 })
    #expect(reset.threshold.value.elements == zeros)
    #expect(y.elements == [Float](repeating: 3, count: 100))
  }

  @Test func refusesWrongShapes() throws {
    #expect(throws: FedMedError.self) {
      try layer([[1, 2]], bias: [1, 2], threshold: [0])
    }
  }
}
