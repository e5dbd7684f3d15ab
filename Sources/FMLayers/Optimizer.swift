import FMNumerics

/// A rule that moves parameters along their gradients; one file each.
///
/// A step consists of one call of `advance`, then one of `update` for each parameter, in the same
/// order in every step.
public protocol Optimizer: Sendable {
  /// The learning rate, which may change between steps.
  var learningRate: Double { get set }

  /// Begins a step.
  mutating func advance()

  /// Moves one parameter.
  /// - Parameter index: its position in the step, from 0.
  mutating func update(_ parameter: inout Parameter, index: Int)
}

extension Optimizer {
  /// Performs a step for all parameters.
  /// - Parameter forEach: calls its argument with every parameter, always in the same order.
  public mutating func step(_ forEach: ((inout Parameter) -> Void) -> Void) {
    advance()
    var index = 0
    forEach { parameter in
      update(&parameter, index: index)
      index += 1
    }
  }
}

/// An array per parameter that an optimizer keeps between steps, initially zero.
struct OptimizerMemory: Sendable {
  private var arrays: [Matrix] = []

  /// The array of the parameter at `index`, created with the shape of `value` in the first step.
  subscript(index: Int, like value: Matrix) -> Matrix {
    _read { yield arrays[index] }
    _modify {
      if index == arrays.count { arrays.append(Matrix(rows: value.rows, columns: value.columns)) }
      yield &arrays[index]
    }
  }
}
