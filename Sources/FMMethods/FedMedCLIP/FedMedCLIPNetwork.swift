import FMLayers
import FMNumerics

/// FAM and MLP with their losses: L = L_contr + L_MLP + λ L_sim.
public struct FedMedCLIPNetwork: PrivateNetwork {
  /// The texts that FAM's features are contrasted with.
  enum Contrast {
    /// The texts of the batch's labels (`ContrastiveLoss`), as in the paper.
    case batch
    /// The texts of all classes: cross-entropy over τ z Eᵀ.
    case classes
  }

  /// The shared module.
  public package(set) var fam: FeatureAdaptation
  /// The private classifier; `nil` if there is none.
  public package(set) var mlp: LocalClassifier?
  /// The contrastive loss; with a classifier also its cross-entropy and the distillation.
  public let terms: [String]
  private let texts: ClassTexts
  private let contrast: Contrast
  private let mixture: Mixture
  private let lambda: Double
  private var distillation: MutualDistillation
  private var contrastive = ContrastiveLoss()

  private var cosines = Matrix(rows: 0, columns: 0)  // V = z Eᵀ [B, C]
  private var visualLogits = Matrix(rows: 0, columns: 0)  // τ V [B, C]
  private var visualGradient = Matrix(rows: 0, columns: 0)  // dV [B, C]
  private var localGradient = Matrix(rows: 0, columns: 0)  // dM [B, C]
  private var adaptedGradient = Matrix(rows: 0, columns: 0)  // dz [B, D]

  init(
    fam: FeatureAdaptation, mlp: LocalClassifier?, texts: ClassTexts, contrast: Contrast,
    mixture: Mixture, lambda: Double, temperature: Double
  ) {
    (self.fam, self.mlp, self.texts) = (fam, mlp, texts)
    (self.contrast, self.mixture, self.lambda) = (contrast, mixture, lambda)
    terms = mlp == nil ? ["contrastive"] : ["contrastive", "cross_entropy", "distillation"]
    distillation = MutualDistillation(temperature: temperature)
  }

  /// Computes the losses on a batch x [B, D], y [B], and all gradients.
  public mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms) {
    prepare(rows: x.rows, dimension: x.columns)
    fam.forward(x)
    cosines.product(fam.adapted, transposing: texts.directions)
    visualGradient.fill(0)
    losses[0] = contrast(y)
    losses.total = losses[0]
    if mlp != nil {
      distil(y, &losses)
      adaptedGradient.product(visualGradient, texts.directions, adding: true)
    } else {
      adaptedGradient.product(visualGradient, texts.directions)
    }
    fam.backward(x, gradient: &adaptedGradient)
  }

  /// Computes the contrastive loss on a batch, and the gradients of FAM's layers for each sample's
  /// own loss.
  package mutating func layerGradients(
    _ x: Matrix, _ y: [Int], losses: inout LossTerms
  ) -> [LayerGradients] {
    prepare(rows: x.rows, dimension: x.columns)
    fam.forward(x)
    cosines.product(fam.adapted, transposing: texts.directions)
    visualGradient.fill(0)
    losses[0] = contrast(y)
    losses.total = losses[0]
    // The loss is a mean over the batch.
    visualGradient.scale(by: Float(x.rows))
    adaptedGradient.product(visualGradient, texts.directions)
    return fam.layerGradients(x, gradient: &adaptedGradient)
  }

  /// Stores the sums over samples in the parameters of FAM.
  package mutating func store(_ gradients: [LayerGradients], finish: (inout Matrix) -> Void) {
    fam.store(gradients, finish: finish)
  }

  /// Returns L_contr, and adds its gradient to dV.
  private mutating func contrast(_ y: [Int]) -> Double {
    switch contrast {
    case .batch:
      return contrastive.evaluate(
        cosines: cosines, labels: y, logitScale: texts.logitScale, gradient: &visualGradient)
    case .classes:
      for row in 0..<cosines.rows {
        for c in 0..<cosines.columns { visualLogits[row, c] = texts.logitScale * cosines[row, c] }
      }
      let loss = CrossEntropyLoss.evaluate(
        logits: visualLogits, labels: y, gradient: &visualGradient)
      visualGradient.scale(by: texts.logitScale)
      return loss
    }
  }

  /// Runs the MLP with its own loss and the distillation, forward and backward. Adds to dV and sets
  /// dz.
  private mutating func distil(_ y: [Int], _ losses: inout LossTerms) {
    mlp?.forward(fam.adapted)
    localGradient.fill(0)
    // Borrows the logits until the backward pass, so that nothing is copied.
    if let logits = mlp?.logits {
      losses[1] = CrossEntropyLoss.evaluate(logits: logits, labels: y, gradient: &localGradient)
      let weight =
        mixture == .even
        ? 0.5
        : distillation.weight(cosines: cosines, logits: logits, logitScale: texts.logitScale)
      losses[2] = distillation.evaluate(
        cosines: cosines, logits: logits, weight: weight, factor: lambda,
        visualGradient: &visualGradient, localGradient: &localGradient)
    }
    losses.total = losses[0] + losses[1] + lambda * losses[2]
    mlp?.backward(fam.adapted, gradient: &localGradient, dz: &adaptedGradient)
  }

  private mutating func prepare(rows: Int, dimension: Int) {
    guard adaptedGradient.rows != rows else { return }
    adaptedGradient = Matrix(rows: rows, columns: dimension)
    cosines = Matrix(rows: rows, columns: texts.directions.rows)
    (visualLogits, visualGradient, localGradient) = (cosines, cosines, cosines)
  }
}
