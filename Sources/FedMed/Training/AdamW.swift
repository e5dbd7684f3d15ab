/// AdamW (Loshchilov and Hutter 2019), with weight decay on every parameter:
///
///     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
///     θ ← θ (1 − lr · wd) − lr · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
public struct AdamW: Sendable {
  private let learningRate: Double
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private let weightDecay: Double
  private var means: [Matrix] = []  // m of each parameter
  private var squares: [Matrix] = []  // v of each parameter
  private var steps = 0
  private var power1 = 1.0  // β₁ᵗ
  private var power2 = 1.0  // β₂ᵗ

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// One step for every parameter of `module`, along the gradients that it holds.
  public mutating func step(_ module: inout some Module) {
    if steps == 0 {
      module.forEachParameter { parameter in
        let zero = Matrix(rows: parameter.value.rows, columns: parameter.value.columns)
        means.append(zero)
        squares.append(zero)
      }
    }
    steps += 1
    power1 *= beta1
    power2 *= beta2
    let kernel = AdamWKernel(
      decay: Float(1 - learningRate * weightDecay), beta1: Float(beta1), beta2: Float(beta2),
      rate: Float(learningRate / (1 - power1)), correction: Float(1 / (1 - power2)),
      epsilon: Float(epsilon))
    var index = 0
    module.forEachParameter { parameter in
      kernel.update(
        &parameter.value, gradient: parameter.gradient, signs: parameter.signs,
        first: &means[index], second: &squares[index])
      index += 1
    }
  }
}
