import FMNumerics

/// Stochastic gradient descent with an L2 penalty and momentum, like `torch.optim.SGD`:
///
///     g ← g + wd · θ    v ← β v + g    θ ← θ − lr · v
public struct SGD: Optimizer {
  /// The learning rate lr.
  public var learningRate: Double
  private let momentum: Float
  private let penalty: Float
  private var velocities = OptimizerMemory()  // v of each parameter

  /// Creates an optimizer with zero velocities.
  /// - Parameters:
  ///   - momentum: β; 0 for none.
  ///   - penalty: wd, the weight of the L2 penalty.
  public init(learningRate: Double, momentum: Double, penalty: Double) {
    self.learningRate = learningRate
    (self.momentum, self.penalty) = (Float(momentum), Float(penalty))
  }

  /// Begins a step; there is nothing to prepare.
  public mutating func advance() {}

  /// Moves one parameter.
  public mutating func update(_ parameter: inout Parameter, index: Int) {
    if penalty > 0 { parameter.gradient.add(parameter.value, times: penalty) }
    guard momentum > 0 else {
      parameter.value.add(parameter.gradient, times: -Float(learningRate))
      return
    }
    velocities[index, like: parameter.gradient].scale(by: momentum)
    velocities[index, like: parameter.gradient].add(parameter.gradient, times: 1)
    parameter.value.add(velocities[index, like: parameter.gradient], times: -Float(learningRate))
  }
}
