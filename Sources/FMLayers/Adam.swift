import FMNumerics

/// Adam with an L2 penalty, like `torch.optim.Adam(weight_decay:)`: g ← g + wd · θ before the
/// moments.
public struct Adam: Optimizer {
  /// The learning rate lr.
  public var learningRate: Double
  private var moments: AdamMoments
  private let penalty: Float

  /// Creates an optimizer with zero moments.
  /// - Parameters:
  ///   - beta1: β₁, the decay rate of the first moment.
  ///   - beta2: β₂, the decay rate of the second moment.
  ///   - epsilon: ε, added to the root of the second moment.
  ///   - penalty: wd, the weight of the L2 penalty.
  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, penalty: Double
  ) {
    moments = AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon)
    (self.learningRate, self.penalty) = (learningRate, Float(penalty))
  }

  /// Begins a step.
  public mutating func advance() { moments.advance() }

  /// Moves one parameter.
  public mutating func update(_ parameter: inout Parameter, index: Int) {
    if penalty > 0 { parameter.gradient.add(parameter.value, times: penalty) }
    moments.update(&parameter, index: index, learningRate: learningRate, decay: 1)
  }
}
