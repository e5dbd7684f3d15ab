import FMNumerics

/// AdamW (Loshchilov and Hutter 2019), with weight decay on every parameter:
///
///     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
///     θ ← θ (1 − lr · wd) − lr · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
public struct AdamW: Optimizer {
  /// The learning rate lr.
  public var learningRate: Double
  private var moments: AdamMoments
  private let weightDecay: Double

  /// Creates an optimizer with zero moments; parameters as in the equations above.
  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double
  ) {
    moments = AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon)
    (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
  }

  /// Begins a step.
  public mutating func advance() { moments.advance() }

  /// Moves one parameter.
  public mutating func update(_ parameter: inout Parameter, index: Int) {
    moments.update(
      &parameter, index: index, learningRate: learningRate,
      decay: 1 - learningRate * weightDecay)
  }
}

/// Adam's moments m and v of every parameter, and its step.
struct AdamMoments: Sendable {
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private var means = OptimizerMemory()  // m of each parameter
  private var squares = OptimizerMemory()  // v of each parameter
  private var power1 = 1.0  // β₁ᵗ
  private var power2 = 1.0  // β₂ᵗ

  init(beta1: Double, beta2: Double, epsilon: Double) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
  }

  mutating func advance() {
    power1 *= beta1
    power2 *= beta2
  }

  /// θ ← θ · decay − lr · m̂ / (√v̂ + ε).
  package mutating func update(
    _ parameter: inout Parameter, index: Int, learningRate: Double, decay: Double
  ) {
    let kernel = AdamWKernel(
      decay: Float(decay), beta1: Float(beta1), beta2: Float(beta2),
      rate: Float(learningRate / (1 - power1)), correction: Float(1 / (1 - power2)),
      epsilon: Float(epsilon))
    kernel.update(
      &parameter.value, gradient: parameter.gradient,
      first: &means[index, like: parameter.gradient],
      second: &squares[index, like: parameter.gradient])
  }
}
