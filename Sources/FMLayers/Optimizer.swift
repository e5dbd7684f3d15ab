import FMNumerics

/// A rule that moves parameters along their gradients. One file each.
///
/// A step is `advance` once, and `update` for each parameter, in the same order in every step.
public protocol Optimizer: Sendable {
  var learningRate: Double { get set }

  /// Begins a step.
  mutating func advance()

  /// Moves one parameter.
  /// - Parameter index: its place among those of the step, from 0.
  mutating func update(_ parameter: inout Parameter, index: Int)
}

extension Optimizer {
  /// One step for all parameters.
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

/// Arrays that an optimiser remembers for each parameter, zero in the beginning.
struct OptimizerMemory: Sendable {
  private var arrays: [Matrix] = []

  /// That of the parameter at `index`; parameters come in their order in the first step.
  subscript(index: Int, like value: Matrix) -> Matrix {
    _read { yield arrays[index] }
    _modify {
      if index == arrays.count { arrays.append(Matrix(rows: value.rows, columns: value.columns)) }
      yield &arrays[index]
    }
  }
}
