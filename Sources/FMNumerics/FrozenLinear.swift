/// A linear map whose weights do not change: y = x Wᵀ + b, with x [n, k], W [m, k] and b [1, m].
package struct FrozenLinear: Sendable {
  /// m, the number of outputs.
  package let outputs: Int
  /// k, the number of inputs.
  package let inputs: Int
  private var weight: Matrix
  private var bias: Matrix

  /// Creates a map without weights.
  package init(outputs: Int, inputs: Int, precision: Precision) {
    (self.outputs, self.inputs) = (outputs, inputs)
    weight = Matrix(rows: 0, columns: inputs)
    bias = Matrix(rows: 1, columns: outputs)
  }

  /// Sets the weights [m, k] and the bias [1, m].
  package mutating func set(weight: Matrix, bias: Matrix) {
    precondition(weight.rows == outputs && weight.columns == inputs && bias.columns == outputs)
    (self.weight, self.bias) = (weight, bias)
  }

  /// y = f(x Wᵀ + b), with y [n, m].
  package func apply(
    _ x: Matrix, into y: inout Matrix, activation: TransformerKernels.HiddenActivation? = nil
  ) {
    y.product(x, transposing: weight)
    TransformerKernels.activate(&y, bias: bias, activation)
  }

  /// Returns x Wᵀ + b.
  package func applied(to x: Matrix) -> Matrix {
    var y = Matrix(rows: x.rows, columns: outputs)
    apply(x, into: &y)
    return y
  }

  /// y += s ⊙ (x Wᵀ + b), with y [n, m] and s [1, m].
  /// - Parameter room: scratch space [n, m].
  package func add(_ x: Matrix, scale: Matrix, to y: inout Matrix, room: inout Matrix) {
    room.product(x, transposing: weight)
    TransformerKernels.addScaled(&y, room, bias: bias, scale: scale)
  }
}

/// The precision in which a frozen network multiplies.
public enum Precision: String, CaseIterable, Sendable {
  /// Single precision.
  case float32
}
