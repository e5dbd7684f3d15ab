import Testing

@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

struct LinearTests {
  let setting = MethodSetting(dimension: 8, classes: 3)
  let texts = ClassTexts(features: randomMatrix(3, 8, seed: 9), logitScale: 20)

  func data(_ x: Matrix, _ labels: [Int], round: Int = 1) -> TrainingData {
    TrainingData(
      site: "a", round: round, training: Samples(x, labels: labels),
      validation: Samples(x, labels: labels), texts: texts)
  }

  /// Training to convergence at one site gives the logistic regression of scikit-learn.
  @Test func convergesToLogisticRegression() throws {
    let x = try Golden.array("linear/features").matrix
    let labels = try Golden.array("linear/labels").integers
    let method = try MethodDefinition.linear.make(
      setting,
      MethodDefinition.linear.values(given: [
        "inputs": .name("raw"), "start": .name("zeros"), "localOptimizer": .name("sgd"),
        "momentum": .number(0.9), "learningRate": .number(0.2), "weightDecay": .number(0.05),
        "batchSize": .integer(60), "localEpochs": .integer(1500),
      ]))
    let trained = try method.train(
      data(x, labels), shared: method.start(nil), kept: [], progress: { _ in })
    let table = TensorTable(trained.sent)
    #expect(
      relativeError(
        try table.matrix("head.weight", shape: [3, 8]), try Golden.array("linear/weight")) < 1e-4)
    #expect(
      relativeError(try table.matrix("head.bias", shape: [3]), try Golden.array("linear/bias"))
        < 1e-3)
    let predictions = try method.predict(x, texts: texts, shared: trained.sent, kept: [])
    #expect(absoluteError(predictions.final, try Golden.array("linear/probabilities")) < 1e-5)
  }

  /// Before the first step, a head that starts from the texts equals the zero-shot classifier.
  @Test func startsAsTheZeroShotClassifier() throws {
    let linear = try MethodDefinition.linear.make(setting, MethodDefinition.linear.values())
    let zeroShot = try MethodDefinition.zeroShot.make(setting, MethodDefinition.zeroShot.values())
    let x = randomMatrix(30, 8)
    let head = try linear.predict(x, texts: texts, shared: linear.start(texts), kept: [])
    let text = try zeroShot.predict(x, texts: texts, shared: [], kept: nil)
    #expect(head.final == text.final)
    let error = failure { _ = try linear.start(nil) }
    #expect(error?.code == .usage)
  }

  /// Compares the gradient of W and b with central differences of the loss.
  @Test(arguments: ["unit", "raw"])
  func gradientsMatchTheLoss(inputs: String) throws {
    let values = try MethodDefinition.linear.values(given: ["inputs": .name(inputs)])
    let method = LinearHead(setting, values)
    let start = try method.start(texts)
    let x = randomMatrix(12, 8, seed: 3)
    let labels = (0..<12).map { $0 % 3 }
    func loss(_ tensors: [Tensor]) throws -> Double {
      var network = try method.network(texts, shared: tensors, kept: [])
      var losses = LossTerms(network.terms)
      network.gradients(x, labels, losses: &losses)
      return losses.total
    }
    var network = try method.network(texts, shared: start, kept: [])
    var losses = LossTerms(network.terms)
    network.gradients(x, labels, losses: &losses)
    let gradients = [network.head.weight.gradient.elements, network.head.bias.gradient.elements]
    for (which, gradient) in gradients.enumerated() {
      let largest = gradient.map(\.magnitude).max() ?? 0
      for place in gradient.indices {
        var (up, down) = (start, start)
        up[which].values[place] += 1e-3
        down[which].values[place] -= 1e-3
        let slope = try (loss(up) - loss(down)) / 2e-3
        #expect(abs(slope - Double(gradient[place])) < 3e-3 * Double(largest))
      }
    }
  }
}
