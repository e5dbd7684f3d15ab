import Glibc
import Testing

@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

/// FedMedCLIP without some of its parts, and with a contrast over all classes.
struct AblationTests {
  let setting = MethodSetting(dimension: 8, classes: 3)
  let texts = ClassTexts(features: randomMatrix(3, 8, seed: 9), logitScale: 20)
  let x = randomMatrix(12, 8, seed: 2)
  let labels = (0..<12).map { ($0 * 5) % 3 }

  func method(_ given: [String: HyperParameterScalar]) throws -> FedMedCLIP {
    let all = given.merging(["batchSize": .integer(6), "hidden": .integer(6)]) { $1 }
    return FedMedCLIP(setting, try MethodDefinition.fedmedclip.values(given: all))
  }

  func network(_ method: FedMedCLIP) throws -> FedMedCLIPNetwork {
    try method.network(
      texts, shared: method.start(texts), kept: method.startKept(texts, site: "a"))
  }

  func losses(_ network: inout FedMedCLIPNetwork) -> LossTerms {
    var losses = LossTerms(network.terms)
    network.gradients(x, labels, losses: &losses)
    return losses
  }

  /// The contrast with all classes is the cross-entropy of the logits τ z·t_c.
  @Test func classContrastIsCrossEntropy() throws {
    var network = try network(method(["contrast": .name("classes"), "classifier": .name("none")]))
    let losses = losses(&network)
    var logits = Matrix(rows: 12, columns: 3)
    logits.product(network.fam.adapted, transposing: texts.directions)
    var expected = 0.0
    for i in 0..<12 {
      let row = logits.row(i).map { 20 * Double($0) }
      expected += (log(row.reduce(0) { $0 + exp($1) }) - row[labels[i]]) / 12
    }
    #expect(abs(losses.total - expected) < 1e-5)
    #expect(losses.terms.map(\.name) == ["contrastive"])
  }

  /// Compares the gradients of FAM's second layer with central differences of the total loss.
  @Test(arguments: [
    ["contrast": "classes"], ["classifier": "none"], ["masks": "none"],
    ["contrast": "classes", "classifier": "none", "masks": "none"],
  ])
  func gradientsMatchTheLoss(given: [String: String]) throws {
    let method = try method(
      given.mapValues { .name($0) }.merging(["lambda": .number(0.5)]) { $1 })
    var network = try network(method)
    _ = losses(&network)
    let bias = network.fam.layer2.bias
    let gradient = bias.gradient.elements
    let largest = Double(gradient.map(\.magnitude).max() ?? 0)
    #expect(largest > 0)
    for place in gradient.indices {
      func loss(_ step: Float) -> Double {
        var moved = network
        moved.fam.layer2.bias.value[0, place] += step
        return losses(&moved).total
      }
      let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2
      // ϖ has no gradient, so the gradient of the distillation differs slightly from that of its
      // value.
      #expect(abs(slope - Double(gradient[place])) < 2e-2 * largest)
    }
  }

  /// Without masks, layers behave as if all rows were active, and archives have no thresholds.
  @Test func withoutMasksAllRowsAreActive() throws {
    let (with, without) = (try method([:]), try method(["masks": .name("none")]))
    #expect(with.shared.filter { !$0.name.hasSuffix("threshold") } == without.shared)
    #expect(with.kept.filter { !$0.name.hasSuffix("threshold") } == without.kept)
    // All rows are active, and outside the range of the straight-through gradient.
    func open(_ tensors: [Tensor]) -> [Tensor] {
      tensors.map { tensor in
        var tensor = tensor
        if tensor.name.hasSuffix("threshold") {
          tensor.values = tensor.values.map { _ in -9 }
        }
        return tensor
      }
    }
    var masked = try with.network(
      texts, shared: open(with.start(texts)), kept: open(with.startKept(texts, site: "a")))
    var plain = try network(without)
    #expect(losses(&masked) == losses(&plain))
    #expect(masked.fam.layer1.weight.gradient == plain.fam.layer1.weight.gradient)
    #expect(masked.fam.layer2.weight.gradient == plain.fam.layer2.weight.gradient)
  }

  /// Without an MLP there are no private arrays, and FAM predicts.
  @Test func withoutAClassifierNothingIsPrivate() throws {
    let method = try method(["classifier": .name("none")])
    #expect(method.kept.isEmpty && method.predictors == ["fam"] && method.parts.count == 1)
    let predictions = try method.predict(
      x, texts: texts, shared: method.start(texts), kept: [])
    #expect(predictions.parts.map(\.predictor) == ["fam"])
  }

  @Test func evenMixtureIsTheMean() throws {
    let method = try method(["mixture": .name("even")])
    let predictions = try method.predict(
      x, texts: texts, shared: method.start(texts), kept: method.startKept(texts, site: "a"))
    let (fam, mlp) = (try #require(predictions["fam"]), try #require(predictions["mlp"]))
    for (i, p) in predictions.final.elements.enumerated() {
      #expect(abs(p - (fam.elements[i] + mlp.elements[i]) / 2) < 1e-6)
    }
  }
}
