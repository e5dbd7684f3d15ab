import Testing

@testable import FMArchive
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics

/// Compares a round of two epochs with PyTorch in float64, within the tolerances stated in
/// `fedmedclip(7)`.
struct GoldenTrainingTests {
  struct Config: Decodable {
    // The names are keys in the file.
    // swift-format-ignore
    let D, H, C, B, N, epochs: Int
    // swift-format-ignore
    let lr_fam, lr_mlp, eps, weight_decay, lam, T, logit_scale: Double
    let betas: [Double]
  }

  let config: Config
  let texts: ClassTexts
  let features: Matrix
  let labels: [Int]
  let orders: [[Int]]
  let method: FedMedCLIP
  var training: GradientTraining<FedMedCLIP>
  var fam: FeatureAdaptation { training.network.fam }

  init() throws {
    config = try Golden.json("train/config.json")
    features = try Golden.array("train/features").matrix
    labels = try Golden.array("train/labels").integers
    let order = try Golden.array("train/order")
    orders = (0..<order.shape[0]).map { epoch in
      Array(order.integers[epoch * order.shape[1]..<(epoch + 1) * order.shape[1]])
    }
    texts = ClassTexts(
      features: try Golden.array("train/text").matrix, logitScale: config.logit_scale)
    let method = FedMedCLIP(
      MethodSetting(dimension: config.D, classes: config.C),
      try MethodDefinition.fedmedclip.values(given: [
        "batchSize": .integer(config.B), "learningRateFAM": .number(config.lr_fam),
        "learningRateMLP": .number(config.lr_mlp), "beta1": .number(config.betas[0]),
        "beta2": .number(config.betas[1]), "epsilon": .number(config.eps),
        "weightDecay": .number(config.weight_decay), "lambda": .number(config.lam),
        "temperature": .number(config.T), "hidden": .integer(config.H),
      ]))
    let start = try Self.tensors(in: "start", config)
    self.method = method
    training = GradientTraining(
      method, try method.network(texts, shared: start, kept: start), round: 1)
  }

  func mlp() throws -> LocalClassifier { try #require(training.network.mlp) }

  /// The names of the arrays here and in the file.
  static func files(_ config: Config) -> [(ours: String, file: String)] {
    let layout =
      FeatureAdaptation.layout(dimension: config.D, isMasked: true)
      + LocalClassifier.layout(
        dimension: config.D, hidden: config.H, classes: config.C, isMasked: true)
    return layout.map { entry in
      let parts = entry.name.split(separator: "/")[1].split(separator: ".")
      let number = Int(String(parts[0].last ?? "0")) ?? 0
      let field =
        ["mean": "running_mean", "variance": "running_var"][String(parts[1])] ?? String(parts[1])
      if entry.name.hasPrefix("fam") { return (entry.name, "fam.l\(number).\(field)") }
      if parts[0].hasPrefix("norm") { return (entry.name, "mlp.bn.\(number - 1).\(field)") }
      return (entry.name, number == 4 ? "mlp.out.\(field)" : "mlp.l.\(number - 1).\(field)")
    }
  }

  static func tensors(in folder: String, _ config: Config) throws -> [Tensor] {
    try files(config).map { name in
      let array = try Golden.array("train/\(folder)/\(name.file)")
      return Tensor(name: name.ours, shape: array.shape, values: array.values.map { Float($0) })
    }
  }

  /// Whether the layer of that array precedes a batch normalization.
  static func precedesNorm(_ name: String) -> Bool {
    name.hasPrefix("mlp/layer") && !name.hasPrefix("mlp/layer4")
  }

  @Test mutating func firstBatchForwardAndLosses() throws {
    let losses = training.gradients(features, labels, orders[0][..<config.B])
    #expect(relativeError(fam.attention, try Golden.array("train/first/attention")) < 1e-5)
    #expect(relativeError(fam.adapted, try Golden.array("train/first/adapted")) < 1e-5)
    #expect(try relativeError(mlp().logits, try Golden.array("train/first/mlp_logits")) < 1e-5)
    var logits = Matrix(rows: config.B, columns: config.C)
    logits.product(fam.adapted, transposing: texts.directions)
    var distillation = MutualDistillation(temperature: config.T)
    let weight = try distillation.weight(
      cosines: logits, logits: mlp().logits, logitScale: texts.logitScale)
    let expected = try Golden.array("train/first/kl_weight").values[0]
    #expect(abs(weight - expected) < 1e-5 * expected)
    for i in 0..<logits.rows {
      for c in 0..<logits.columns { logits[i, c] *= texts.logitScale }
    }
    #expect(relativeError(logits, try Golden.array("train/first/fam_logits")) < 1e-5)
    let golden = try Golden.array("train/losses").values
    #expect(abs(losses.total - golden[0]) < 1e-5 * golden[0])
  }

  @Test mutating func distillationGradients() throws {
    _ = training.gradients(features, labels, orders[0][..<config.B])
    let z = fam.adapted
    var cosines = Matrix(rows: config.B, columns: config.C)
    cosines.product(z, transposing: texts.directions)
    var visual = Matrix(rows: config.B, columns: config.C)
    var local = visual
    var distillation = MutualDistillation(temperature: config.T)
    let weight = try distillation.weight(
      cosines: cosines, logits: mlp().logits, logitScale: texts.logitScale)
    _ = try distillation.evaluate(
      cosines: cosines, logits: mlp().logits, weight: weight,
      factor: 1, visualGradient: &visual, localGradient: &local)
    var adapted = Matrix(rows: config.B, columns: config.D)
    adapted.product(visual, texts.directions)
    // The gradient of z in the file treats M as constant.
    #expect(relativeError(adapted, try Golden.array("train/first/kl_grad_adapted")) < 1e-4)
    #expect(relativeError(local, try Golden.array("train/first/kl_grad_mlp_logits")) < 1e-4)
  }

  @Test mutating func firstBatchGradients() throws {
    _ = training.gradients(features, labels, orders[0][..<config.B])
    var gradients: [Matrix] = []
    training.forEachParameter { gradients.append($0.gradient) }
    var names: [String] = []
    for name in Self.files(config).map(\.ours)
    where !name.hasSuffix("mean") && !name.hasSuffix("variance") {
      names.append(name)
    }
    // Parameters are visited by layers and then by norms; archives list them alternately.
    names.sort { !$0.contains("norm") && $1.contains("norm") }
    #expect(names.count == gradients.count)
    let files = Dictionary(uniqueKeysWithValues: Self.files(config).map { ($0.ours, $0.file) })
    for (name, gradient) in zip(names, gradients) {
      let expected = try Golden.array("train/first/grad/\(try #require(files[name]))")
      if Self.precedesNorm(name) && name.hasSuffix("bias") {
        #expect(absoluteError(gradient, expected) < 1e-6, "\(name)")
      } else {
        let isThreshold = Self.precedesNorm(name) && name.hasSuffix("threshold")
        #expect(relativeError(gradient, expected) < (isThreshold ? 5e-3 : 1e-4), "\(name)")
      }
    }
  }

  func compareParameters(with folder: String) throws {
    let actual = try TensorTable(fam.tensors() + mlp().tensors())
    for name in Self.files(config) {
      let expected = try Golden.array("train/\(folder)/\(name.file)")
      let tensor = try actual.matrix(name.ours, shape: expected.shape)
      let tolerance =
        switch true {
        case Self.precedesNorm(name.ours) && name.ours.hasSuffix("threshold"): 2e-2
        case Self.precedesNorm(name.ours) && name.ours.hasSuffix("bias"): 5e-3
        case name.ours.hasSuffix("mean"): 5e-3
        default: 1e-4
        }
      #expect(relativeError(tensor, expected) < tolerance, "\(folder) \(name.ours)")
    }
  }

  @Test mutating func parametersAfterOneStep() throws {
    _ = training.step(features, labels, orders[0][..<config.B])
    try compareParameters(with: "after1")
  }

  @Test mutating func oneRoundOfTwoEpochs() throws {
    let golden = try Golden.array("train/losses")
    var row = 0
    for order in orders {
      for start in stride(from: 0, through: order.count - config.B, by: config.B) {
        let losses = training.step(features, labels, order[start..<start + config.B])
        let expected = Array(golden.values[row * 4..<row * 4 + 4])
        #expect(abs(losses.total - expected[0]) < 1e-5 * expected[0])
        #expect(abs(losses[0] - expected[1]) < 1e-5 * expected[1])
        #expect(abs(losses[1] - expected[2]) < 1e-5 * expected[2])
        #expect(abs(losses[2] - expected[3]) < 3e-5 * expected[3])
        row += 1
      }
    }
    #expect(row == golden.shape[0])
    try compareParameters(with: "after2epochs")
    let predictions = Ensemble.predict(
      features, fam: fam, mlp: training.network.mlp, texts: texts)
    #expect(absoluteError(predictions.fam, try Golden.array("train/predict/fam")) < 1e-5)
    let mlp = try #require(predictions.mlp)
    #expect(absoluteError(mlp, try Golden.array("train/predict/mlp")) < 1e-5)
    #expect(absoluteError(predictions.ensemble, try Golden.array("train/predict/ensemble")) < 1e-5)
  }

  /// `epoch` runs the same steps, drops the short batch, and returns the mean of the losses.
  @Test mutating func epochEqualsItsSteps() throws {
    var stepped = training
    let epoch = training.epoch(features: features, labels: labels, order: orders[0])
    #expect(epoch.steps == config.N / config.B)
    var mean = LossTerms(training.network.terms)
    for step in 0..<epoch.steps {
      let indices = orders[0][step * config.B..<(step + 1) * config.B]
      mean.add(stepped.step(features, labels, indices), share: 1 / Double(epoch.steps))
    }
    #expect(epoch.losses == mean)
    #expect(fam.tensors() == stepped.network.fam.tensors())
    #expect(try mlp().tensors() == stepped.network.mlp.tensors())
  }
}
