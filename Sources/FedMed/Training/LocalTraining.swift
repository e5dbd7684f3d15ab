import Glibc

/// The mean losses of a step or of an epoch.
public struct LossTerms: Equatable, Sendable {
  /// L_contr + L_MLP + λ L_sim.
  public var total = 0.0
  public var contrastive = 0.0
  public var crossEntropy = 0.0
  /// L_sim, before λ.
  public var distillation = 0.0

  public init() {}

  mutating func add(_ other: LossTerms, share: Double) {
    total += share * other.total
    contrastive += share * other.contrastive
    crossEntropy += share * other.crossEntropy
    distillation += share * other.distillation
  }
}

/// A site's training in one round: L = L_contr + L_MLP + λ L_sim, AdamW, the optimiser new in each
/// round and the learning rates decayed from round to round.
public struct LocalTraining: Sendable {
  /// The most threads that find something to do at 512 features: a block of 128 each.
  public static let mostThreads = 4

  public private(set) var fam: FeatureAdaptation
  public private(set) var mlp: LocalClassifier
  private let parameters: HyperParameters
  private let texts: ClassTexts
  private var distillation: MutualDistillation
  private var contrastive = ContrastiveLoss()
  private var famOptimizer: AdamW
  private var mlpOptimizer: AdamW

  private var y: [Int] = []  // the batch's labels [B]
  private var batch = Matrix(rows: 0, columns: 0)  // I [B, D]
  private var cosines = Matrix(rows: 0, columns: 0)  // V = z Eᵀ [B, C]
  private var visualGradient = Matrix(rows: 0, columns: 0)  // dV [B, C]
  private var localGradient = Matrix(rows: 0, columns: 0)  // dM [B, C]
  private var adaptedGradient = Matrix(rows: 0, columns: 0)  // dz [B, D]

  /// - Parameter round: r = 1, 2, …, which decides the learning rates.
  public init(
    fam: FeatureAdaptation, mlp: LocalClassifier, texts: ClassTexts, parameters: HyperParameters,
    round: Int
  ) {
    self.fam = fam
    self.mlp = mlp
    self.texts = texts
    self.parameters = parameters
    distillation = MutualDistillation(temperature: parameters.temperature)
    let decay = pow(parameters.decay, Double(round - 1))
    func optimizer(_ learningRate: Double) -> AdamW {
      AdamW(
        learningRate: learningRate * decay, beta1: parameters.beta1, beta2: parameters.beta2,
        epsilon: parameters.epsilon, weightDecay: parameters.weightDecay)
    }
    famOptimizer = optimizer(parameters.learningRateFAM)
    mlpOptimizer = optimizer(parameters.learningRateMLP)
  }

  /// One epoch over `features` [N, D] in the given order; the last short batch is dropped, unless
  /// it is all there is.
  /// - Precondition: at least two samples.
  /// - Returns: the mean losses over the steps, and how many steps there were.
  public mutating func epoch(
    features: Matrix, labels: [Int], order: [Int]
  ) -> (losses: LossTerms, steps: Int) {
    precondition(order.count > 1, "batch normalisation needs two samples")
    let size = min(parameters.batchSize, order.count)
    let steps = order.count / size
    var losses = LossTerms()
    for step in 0..<steps {
      let indices = order[step * size..<(step + 1) * size]
      losses.add(self.step(features, labels, indices), share: 1 / Double(steps))
    }
    return (losses, steps)
  }

  /// One step of both optimisers on the samples named by `indices`.
  mutating func step(_ features: Matrix, _ labels: [Int], _ indices: ArraySlice<Int>) -> LossTerms {
    let losses = gradients(features, labels, indices)
    famOptimizer.step(&fam)
    mlpOptimizer.step(&mlp)
    return losses
  }

  /// The losses on the samples named by `indices`, and all gradients into the parameters.
  mutating func gradients(
    _ features: Matrix, _ labels: [Int], _ indices: ArraySlice<Int>
  ) -> LossTerms {
    prepare(rows: indices.count, dimension: features.columns)
    batch.gather(indices, of: features)
    for (place, index) in indices.enumerated() { y[place] = labels[index] }

    fam.forward(batch)
    cosines.product(fam.adapted, transposing: texts.directions)
    mlp.forward(fam.adapted)

    visualGradient.fill(0)
    localGradient.fill(0)
    var losses = LossTerms()
    losses.contrastive = contrastive.evaluate(
      cosines: cosines, labels: y, logitScale: texts.logitScale, gradient: &visualGradient)
    losses.crossEntropy = CrossEntropyLoss.evaluate(
      logits: mlp.logits, labels: y, gradient: &localGradient)
    let weight = distillation.weight(
      cosines: cosines, logits: mlp.logits, logitScale: texts.logitScale)
    losses.distillation = distillation.evaluate(
      cosines: cosines, logits: mlp.logits, weight: weight,
      factor: parameters.lambda, visualGradient: &visualGradient, localGradient: &localGradient)
    losses.total =
      losses.contrastive + losses.crossEntropy + parameters.lambda * losses.distillation

    mlp.backward(fam.adapted, gradient: &localGradient, dz: &adaptedGradient)
    adaptedGradient.product(visualGradient, texts.directions, adding: true)
    fam.backward(batch, gradient: &adaptedGradient)
    return losses
  }

  private mutating func prepare(rows: Int, dimension: Int) {
    guard batch.rows != rows else { return }
    batch = Matrix(rows: rows, columns: dimension)
    y = [Int](repeating: 0, count: rows)
    adaptedGradient = batch
    cosines = Matrix(rows: rows, columns: texts.directions.rows)
    (visualGradient, localGradient) = (cosines, cosines)
  }
}
