import FMNumerics

/// Adam with an L2 penalty, as `torch.optim.Adam(weight_decay:)` has it: g ← g + wd · θ before the moments.
public struct Adam: Optimizer {
  public var learningRate: Double
  private var moments: AdamMoments
  private let penalty: Float

  /// - Parameter penalty: wd.
  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, penalty: Double
  ) {
    moments = AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon)
    (self.learningRate, self.penalty) = (learningRate, Float(penalty))
  }

  public mutating func advance() { moments.advance() }

  public mutating func update(_ parameter: inout Parameter, index: Int) {
    if penalty > 0 { parameter.gradient.add(parameter.value, times: penalty) }
    moments.update(&parameter, index: index, learningRate: learningRate, decay: 1)
  }
}
