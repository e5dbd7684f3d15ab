import Glibc
import Testing

@testable import FMBase
@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics
@testable import FMPrivacy

/// DP-SGD: the norms of single samples' gradients, clipping, noise, and what a round sends.
struct PrivateTrainingTests {
  var random = RandomStream(seed: 11, purpose: .partition)
  let size = 6
  let classes = 3

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(
      rows: rows, columns: columns,
      elements: (0..<rows * columns).map { _ in Float(random.normal()) })
  }

  // MARK: - References in double precision

  /// The gradient of a function of parameters, by central differences.
  static func gradient(_ values: [Double], _ loss: ([Double]) -> Double) -> [Double] {
    values.indices.map { index in
      var (up, down) = (values, values)
      up[index] += 1e-5
      down[index] -= 1e-5
      return (loss(up) - loss(down)) / 2e-5
    }
  }

  static func crossEntropy(_ logits: [Double], _ label: Int) -> Double {
    let largest = logits.max() ?? 0
    return log(logits.reduce(0) { $0 + exp($1 - largest) }) + largest - logits[label]
  }

  /// The loss of one sample under FAM, with constant masks, as a function of W1, b1, W2, b2.
  static func famLoss(
    _ p: [Double], masks: ([Bool], [Bool]), x: [Double], texts: [[Double]], scale: Double,
    label: Int
  ) -> Double {
    let n = x.count
    func layer(_ offset: Int, _ mask: [Bool], _ input: [Double]) -> [Double] {
      (0..<n).map { i in
        mask[i]
          ? (0..<n).reduce(p[offset + n * n + i]) { $0 + p[offset + i * n + $1] * input[$1] } : 0
      }
    }
    let first = layer(0, masks.0, x)
    let mean = first.reduce(0, +) / Double(n)
    let variance = first.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
    let hidden = first.map { max(($0 - mean) / (variance + 1e-5).squareRoot(), 0) }
    let second = layer(n * n + n, masks.1, hidden)
    let largest = second.max() ?? 0
    let powers = second.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    let gated = zip(powers, x).map { $0 / total * $1 }
    let norm = gated.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return crossEntropy(
      texts.map { text in scale * zip(text, gated).reduce(0) { $0 + $1.0 * $1.1 } / norm }, label)
  }

  /// A FAM of which some rows are off, its parameters in the order W1, b1, W2, b2, and a batch.
  mutating func fam() throws -> (
    network: FedMedCLIPNetwork, parameters: [Double], masks: ([Bool], [Bool]), x: Matrix, y: [Int],
    texts: ClassTexts
  ) {
    var random = RandomStream(seed: 4, purpose: .featureAdaptation)
    var fam = FeatureAdaptation(dimension: size, random: &random)
    // A third of the rows of each layer off.
    for i in [1, 4] { fam.layer1.threshold.value[0, i] = 10 }
    for i in [0, 5] { fam.layer2.threshold.value[0, i] = 10 }
    let parameters = [fam.layer1, fam.layer2].flatMap {
      $0.weight.value.elements + $0.bias.value.elements
    }.map { Double($0) }
    let texts = ClassTexts(features: matrix(classes, size), logitScale: 7)
    let network = FedMedCLIPNetwork(
      fam: fam, mlp: nil, texts: texts, contrast: .classes, mixture: .entropy, lambda: 0,
      temperature: 1)
    let masks = ((0..<6).map { ![1, 4].contains($0) }, (0..<6).map { ![0, 5].contains($0) })
    return (network, parameters, masks, matrix(8, size), (0..<8).map { $0 % 3 }, texts)
  }

  /// The gradients of each sample, by central differences of the reference.
  mutating func famGradients() throws -> (
    network: FedMedCLIPNetwork, layers: [LayerGradients], gradients: [[Double]]
  ) {
    var (network, parameters, masks, x, y, texts) = try fam()
    var losses = LossTerms(network.terms)
    let layers = network.layerGradients(x, y, losses: &losses)
    let directions = (0..<classes).map { c in texts.directions.row(c).map { Double($0) } }
    let gradients = (0..<8).map { row in
      Self.gradient(parameters) {
        Self.famLoss(
          $0, masks: masks, x: x.row(row).map { Double($0) }, texts: directions, scale: 7,
          label: y[row])
      }
    }
    return (network, layers, gradients)
  }

  static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  static func sum(_ vectors: [[Double]]) -> [Double] {
    vectors.dropFirst().reduce(vectors[0]) { zip($0, $1).map(+) }
  }

  // MARK: - Norms and clipping

  @Test mutating func normsOfSamplesAreThoseOfTheirGradients() throws {
    let (_, layers, gradients) = try famGradients()
    for row in 0..<8 {
      let ghost = layers.reduce(0) { $0 + $1.dot(row, row) }.squareRoot()
      #expect((ghost / Self.norm(gradients[row]) - 1).magnitude < 1e-4)
    }
  }

  @Test mutating func normsOfPatientsAreThoseOfTheirSums() throws {
    let (_, layers, gradients) = try famGradients()
    let units = [0, 1, 0, 2, 1, 0, 3, 2]
    let factors = Clipping.factors(layers, units: units, to: 0.01)
    for unit in 0..<4 {
      let rows = units.indices.filter { units[$0] == unit }
      let norm = Self.norm(Self.sum(rows.map { gradients[$0] }))
      for row in rows { #expect((factors[row] * norm / 0.01 - 1).magnitude < 1e-4) }
    }
    #expect(Clipping.factors(layers, units: units, to: 1e9).allSatisfy { $0 == 1 })
  }

  @Test mutating func storesTheSumOfClippedGradients() throws {
    var (network, layers, gradients) = try famGradients()
    let norms = gradients.map(Self.norm).sorted()
    let clip = (norms[3] + norms[4]) / 2
    let factors = Clipping.factors(layers, units: Array(0..<8), to: clip)
    #expect(factors.count { $0 == 1 } == 4)
    for index in layers.indices { layers[index].scale(by: factors) }
    network.store(layers) { _ in }
    let expected = Self.sum(
      gradients.map { gradient in
        let factor = min(1, clip / Self.norm(gradient))
        return gradient.map { factor * $0 }
      })
    let stored = [network.fam.layer1, network.fam.layer2].flatMap {
      $0.weight.gradient.elements + $0.bias.gradient.elements
    }
    for (a, b) in zip(stored, expected) { #expect((Double(a) - b).magnitude < 2e-4 * clip) }
    #expect(network.fam.layer1.threshold.gradient.elements.allSatisfy { $0 == 0 })
  }

  @Test mutating func linearGradientsAreThoseOfTheFormula() throws {
    let method = try linear(["start": .name("zeros")])
    let texts = ClassTexts(features: matrix(classes, size), logitScale: 5)
    var network = try method.network(texts, shared: method.start(nil), kept: [])
    let (x, y) = (matrix(5, size), [0, 1, 2, 0, 1])
    network.head.weight.value = matrix(classes, size)
    var losses = LossTerms(network.terms)
    let layers = network.layerGradients(x, y, losses: &losses)
    for row in 0..<5 {
      let values = x.row(row).map { Double($0) }
      let z = values.map { $0 / Self.norm(values) }
      let logits = (0..<classes).map { c in
        5 * zip(network.head.weight.value.row(c), z).reduce(0) { $0 + Double($1.0) * $1.1 }
      }
      let largest = logits.max() ?? 0
      let total = logits.reduce(0) { $0 + exp($1 - largest) }
      let slopes = logits.indices.map { c in
        5 * (exp(logits[c] - largest) / total - (c == y[row] ? 1 : 0))
      }
      // ‖δ zᵀ‖² + ‖δ‖² with ‖z‖ = 1.
      let expected = Self.norm(slopes) * 2.0.squareRoot()
      #expect((layers[0].dot(row, row).squareRoot() / expected - 1).magnitude < 1e-5)
    }
  }

  // MARK: - Noise and rounds

  func linear(_ given: [String: HyperParameterScalar] = [:]) throws -> LinearHead {
    var values: [String: HyperParameterScalar] = [
      "dp": .number(3), "dpSamples": .integer(60), "batchSize": .integer(30),
      "dpRounds": .integer(2), "delta": .number(1e-3),
    ]
    values.merge(given) { $1 }
    return LinearHead(
      MethodSetting(dimension: size, classes: classes),
      try MethodDefinition.linear.values(given: values))
  }

  mutating func data(_ count: Int, round: Int = 1, seed: UInt8 = 1) -> TrainingData {
    let labels = (0..<count).map { $0 % 3 }
    var x = matrix(count, size)
    for (row, label) in labels.enumerated() { x[row, label] += 4 }
    let samples = Samples(x, labels: labels)
    var data = TrainingData(
      site: "a", round: round, training: samples, validation: samples,
      texts: ClassTexts(features: matrix(classes, size), logitScale: 5))
    data.noise = NoiseSource(random: KnownRandom(seed: seed))
    return data
  }

  @Test func stepsFollowFromPublicNumbers() throws {
    let guarantee = try #require(PrivacyGuarantee(linear().values))
    let plan = PrivateSteps(try linear(["localEpochs": .integer(3)]).values, guarantee)
    #expect(plan.rate == 0.5 && plan.stepsPerEpoch == 2 && plan.epochs == 3)
    #expect(plan.denominator == 30 && plan.rounds == 2)
    // All steps of all rounds together cost ε, within the precision of the noise.
    let spent = plan.lossOfRound.repeated(2).epsilon(delta: 1e-3)
    #expect(spent <= 3 && spent > 2.999)
    #expect(
      PrivateSteps(try linear(["dpRounds": .integer(50)]).values, guarantee).noise > plan.noise)
  }

  @Test mutating func noiseHasItsDeviation() throws {
    // Without samples, the gradient is noise alone: SGD with rate 1 and one step shows it.
    let method = try linear([
      "dpSamples": .integer(30), "localOptimizer": .name("sgd"), "learningRate": .number(1),
      "weightDecay": .number(0), "start": .name("zeros"), "dpClip": .number(2),
    ])
    let plan = PrivateSteps(method.values, try #require(method.guarantee))
    #expect(plan.stepsPerEpoch == 1)
    var values: [Double] = []
    for seed in 1...200 {
      let trained = try method.train(
        data(0, seed: UInt8(seed)), shared: method.start(nil), kept: []
      ) { _ in }
      values += trained.sent.flatMap(\.values).map { Double($0) }
    }
    let deviation = plan.noise * 2 / 30
    let ratio = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)) / (deviation * deviation)
    // Five standard deviations of a sample variance.
    #expect((ratio - 1).magnitude < 5 * (2 / Double(values.count)).squareRoot())
  }

  @Test mutating func noiseIsNotThatOfTheSeed() throws {
    let own = data(60)
    let method = try linear()
    func sent(_ data: TrainingData, _ method: LinearHead) throws -> [[Float]] {
      try method.train(data, shared: method.start(data.texts), kept: []) { _ in }
        .sent.map(\.values)
    }
    #expect(try sent(own, method) == sent(own, method))
    var other = own
    other.noise = NoiseSource(random: KnownRandom(seed: 2))
    #expect(try sent(other, method) != sent(own, method))
    var unknown = own
    unknown.noise = NoiseSource()
    #expect(try sent(unknown, method) != sent(unknown, method))
  }

  @Test mutating func roundsBeyondTheGuaranteeAreRefused() throws {
    let method = try linear()
    let start = try method.start(data(1).texts)
    #expect(
      failure { _ = try method.train(data(60, round: 3), shared: start, kept: []) { _ in } }?
        .reason.contains("covers 2 rounds") == true)
    #expect(
      failure { _ = try method.train(data(200), shared: start, kept: []) { _ in } }?
        .reason.contains("delta") == true)
    let patients = try linear(["dpUnit": .name("patient")])
    #expect(
      failure { _ = try patients.train(data(60), shared: start, kept: []) { _ in } }?
        .reason.contains("patients") == true)
    for name in ["fedprox", "local"] {
      let definition = try Methods.named(name)
      let values = try definition.values(given: ["dp": .number(3)])
      #expect(
        failure {
          _ = try definition.make(MethodSetting(dimension: size, classes: classes), values)
        }?.reason.contains("cannot be combined") == true)
    }
    let batch = try MethodDefinition.fedmedclip.values(given: ["dp": .number(3)])
    #expect(
      failure {
        _ = try MethodDefinition.fedmedclip.make(
          MethodSetting(dimension: size, classes: classes), batch)
      }?
      .reason.contains("contrast classes") == true)
  }

  /// With noise, the private classifier still learns, on what FAM gives, and FAM does not learn
  /// from it.
  @Test mutating func privatePartsAreTrainedAfterwards() throws {
    func method(_ given: [String: HyperParameterScalar]) throws -> FedMedCLIP {
      var values: [String: HyperParameterScalar] = [
        "dp": .number(3), "dpSamples": .integer(60), "batchSize": .integer(30),
        "dpRounds": .integer(2), "delta": .number(1e-3), "contrast": .name("classes"),
        "hidden": .integer(8),
      ]
      values.merge(given) { $1 }
      return FedMedCLIP(
        MethodSetting(dimension: size, classes: classes),
        try MethodDefinition.fedmedclip.values(given: values))
    }
    let own = data(60)
    func train(_ method: FedMedCLIP) throws -> Trained {
      try method.train(
        own, shared: method.start(own.texts), kept: method.startKept(own.texts, site: "a")
      ) { _ in }
    }
    let trained = try train(method([:]))
    #expect(trained.publicCount == 60)
    #expect(
      trained.kept.map(\.values) != (try method([:]).startKept(own.texts, site: "a").map(\.values)))
    // FAM is the same without the classifier, whatever the weight of the distillation.
    for given in [["classifier": HyperParameterScalar.name("none")], ["lambda": .number(5)]] {
      #expect(try train(method(given)).sent.map(\.values) == trained.sent.map(\.values))
    }
  }

  @Test mutating func manySamplesAreLearnedDespiteNoise() throws {
    let method = try linear([
      "dp": .number(4), "dpSamples": .integer(3000), "batchSize": .integer(600),
      "dpRounds": .integer(1), "localEpochs": .integer(6), "learningRate": .number(0.1),
      "delta": .number(1e-5), "start": .name("zeros"),
    ])
    let own = data(3000)
    let trained = try method.train(own, shared: method.start(nil), kept: []) { _ in }
    let predictions = try method.predict(
      own.training.features, texts: own.texts, shared: trained.sent, kept: nil)
    let predicted = Predictions.classes(predictions.final)
    #expect(zip(predicted, own.training.labels).count { $0 == $1 } > 2700)
  }

  @Test func uniformAndNormalNumbersHaveTheirMoments() throws {
    var source = KnownRandom(seed: 7)
    var stream = try GaussianStream(from: &source)
    let count = 200_000
    var (uniform, square, fourth) = (0.0, 0.0, 0.0)
    for _ in 0..<count {
      uniform += stream.uniform()
      let value = stream.normal()
      square += value * value
      fourth += value * value * value * value
    }
    let n = Double(count)
    #expect((uniform / n - 0.5).magnitude < 5 / (12 * n).squareRoot())
    #expect((square / n - 1).magnitude < 5 * (2 / n).squareRoot())
    // The variance of the fourth power is 96.
    #expect((fourth / n - 3).magnitude < 5 * (96 / n).squareRoot())
  }
}
