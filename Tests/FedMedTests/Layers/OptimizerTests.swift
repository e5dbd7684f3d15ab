import Glibc
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

struct OptimizerTests {
  struct Vector: Module {
    var parameter: Parameter
    mutating func forEachParameter(_ body: (inout Parameter) -> Void) { body(&parameter) }
    func tensors() -> [Tensor] { [] }
    mutating func load(_ tensors: TensorTable) throws(FedMedError) {}
  }

  @Test func stepsFollowTheirDefinition() {
    let (rate, beta1, beta2, epsilon, decay) = (5e-2, 0.9, 0.98, 1e-6, 0.02)
    var optimizer = AdamW(
      learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay)
    var module = Vector(parameter: Parameter(vector: Matrix(vector: [1, -2, 0.5])))
    var (x, m, v) = ([1, -2, 0.5], [0.0, 0, 0], [0.0, 0, 0])
    for t in 1...5 {
      let gradient = [0.1 * Double(t), -3, 0]
      module.parameter.gradient = Matrix(vector: gradient.map { Float($0) })
      optimizer.step { module.forEachParameter($0) }
      for i in 0..<3 {
        m[i] = beta1 * m[i] + (1 - beta1) * gradient[i]
        v[i] = beta2 * v[i] + (1 - beta2) * gradient[i] * gradient[i]
        let (mHat, vHat) = (
          m[i] / (1 - pow(beta1, Double(t))), v[i] / (1 - pow(beta2, Double(t)))
        )
        x[i] = x[i] * (1 - rate * decay) - rate * mHat / (vHat.squareRoot() + epsilon)
        #expect(abs(Double(module.parameter.value[0, i]) - x[i]) < 1e-6)
      }
    }
  }

  /// Compares Adam with an L2 penalty and SGD with momentum with the definitions of torch.optim.
  @Test func penaltiesAddToTheGradient() {
    let (rate, penalty) = (1e-2, 0.1)
    var adam = Adam(learningRate: rate, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, penalty: penalty)
    var sgd = SGD(learningRate: rate, momentum: 0.9, penalty: penalty)
    var modules = [1, 2].map { _ in Vector(parameter: Parameter(vector: Matrix(vector: [1, -2]))) }
    var (a, m, v) = ([1.0, -2], [0.0, 0], [0.0, 0])
    var (b, velocity) = ([1.0, -2], [0.0, 0])
    for t in 1...4 {
      let gradient = [0.3 * Double(t), -1]
      for i in 0..<2 { modules[i].parameter.gradient = Matrix(vector: gradient.map { Float($0) }) }
      adam.step { modules[0].forEachParameter($0) }
      sgd.step { modules[1].forEachParameter($0) }
      for i in 0..<2 {
        let g = gradient[i] + penalty * a[i]
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.98 * v[i] + 0.02 * g * g
        let (mHat, vHat) = (m[i] / (1 - pow(0.9, Double(t))), v[i] / (1 - pow(0.98, Double(t))))
        a[i] -= rate * mHat / (vHat.squareRoot() + 1e-6)
        velocity[i] = 0.9 * velocity[i] + gradient[i] + penalty * b[i]
        b[i] -= rate * velocity[i]
        #expect(abs(Double(modules[0].parameter.value[0, i]) - a[i]) < 1e-6)
        #expect(abs(Double(modules[1].parameter.value[0, i]) - b[i]) < 1e-6)
      }
    }
  }

  /// Weight decay applies to every parameter, including thresholds.
  @Test func thresholdDecaysWithoutGradient() {
    var random = RandomStream(seed: 1, purpose: .localClassifier)
    var layer = MaskedLinear(name: "l", inputs: 2, outputs: 2, random: &random)
    layer.threshold.value = Matrix(vector: [1, -0.5])
    var optimizer = AdamW(
      learningRate: 0.1, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.02)
    optimizer.step { layer.forEachParameter($0) }
    #expect(layer.threshold.value.elements == [Float(0.998), -0.5 * Float(0.998)])
  }

  /// Both learning rates are multiplied by .97 after each round.
  @Test func learningRatesDecayBetweenRounds() throws {
    var random = RandomStream(seed: 1, purpose: .localClassifier)
    let fam = FeatureAdaptation(dimension: 8, random: &random)
    let mlp = LocalClassifier(dimension: 8, hidden: 8, classes: 2, random: &random)
    let texts = ClassTexts(features: randomMatrix(2, 8, seed: 3), logitScale: 100)
    let method = FedMedCLIP(
      MethodSetting(dimension: 8, classes: 2),
      try MethodDefinition.fedmedclip.values(given: ["hidden": .integer(8)]))
    func moved(round: Int) throws -> [Float] {
      var training = GradientTraining(
        method, try method.network(texts, shared: fam.tensors(), kept: mlp.tensors()), round: round)
      _ = training.epoch(
        features: randomMatrix(4, 8, seed: 4), labels: [0, 1, 1, 0], order: [0, 1, 2, 3])
      // The first step of Adam is lr · g / (|g| + ε), which is about lr for any gradient.
      return [
        (training.network.fam.layer2.weight.value[0, 0] - fam.layer2.weight.value[0, 0]).magnitude,
        (try #require(training.network.mlp).layers[3].weight.value[0, 0]
          - mlp.layers[3].weight.value[0, 0]).magnitude,
      ]
    }
    let (first, third) = try (moved(round: 1), moved(round: 3))
    #expect(abs(first[0] / 5e-4 - 1) < 0.02)
    #expect(abs(first[1] / 1e-4 - 1) < 0.02)
    for i in 0..<2 { #expect(abs(third[i] / first[i] - 0.97 * 0.97) < 2e-3) }
  }
}
