import FMBase
import FMNumerics

/// A linear layer: y = x Wᵀ + b.
public struct Linear: Module {
  /// W [out, in].
  public package(set) var weight: Parameter
  /// b [out].
  public package(set) var bias: Parameter
  private let name: String

  /// The number of inputs.
  public var inputs: Int { weight.value.columns }
  /// The number of outputs.
  public var outputs: Int { weight.value.rows }

  /// Creates a layer with W = 0 and b = 0.
  /// - Parameter name: the prefix of its arrays' names in an archive, such as `head`.
  public init(name: String, inputs: Int, outputs: Int) {
    self.name = name
    weight = Parameter(Matrix(rows: outputs, columns: inputs))
    bias = Parameter(vector: Matrix(rows: 1, columns: outputs))
  }

  /// Creates a layer from the arrays in `tensors`.
  /// - Throws: `badData` if an array is missing or has another shape.
  public init(
    name: String, inputs: Int, outputs: Int, tensors: TensorTable
  ) throws(FedMedError) {
    self.init(name: name, inputs: inputs, outputs: outputs)
    try load(tensors)
  }

  /// The arrays of a layer in an archive: weight [out, in] and bias [out].
  package static func layout(name: String, inputs: Int, outputs: Int) -> Layout {
    [TensorShape("\(name).weight", [outputs, inputs]), TensorShape("\(name).bias", [outputs])]
  }

  /// x [B, in] → y [B, out].
  package func forward(_ x: Matrix, into y: inout Matrix) {
    y.product(x, transposing: weight.value)
    for row in 0..<y.rows {
      for column in 0..<y.columns { y[row, column] += bias.value[0, column] }
    }
  }

  /// The backward pass from dy [B, out]: stores dW = dyᵀ x and db = Σ dy in the parameters.
  package mutating func backward(_ x: Matrix, gradient: Matrix) {
    weight.gradient.product(transposing: gradient, x)
    bias.gradient.fill(0)
    for row in 0..<gradient.rows {
      for column in 0..<gradient.columns { bias.gradient[0, column] += gradient[row, column] }
    }
  }

  /// Calls `body` with W and b.
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    body(&weight)
    body(&bias)
  }

  /// W and b, by name.
  public func tensors() -> [Tensor] {
    [Tensor("\(name).weight", weight), Tensor("\(name).bias", bias)]
  }

  /// Reads W and b from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape.
  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try tensors.load("\(name).weight", into: &weight)
    try tensors.load("\(name).bias", into: &bias)
  }
}
