import FMBase
import FMNumerics

/// A linear layer: y = x Wᵀ + b.
public struct Linear: Module {
  /// W [out, in].
  public package(set) var weight: Parameter
  /// b [out].
  public package(set) var bias: Parameter
  private let name: String

  public var inputs: Int { weight.value.columns }
  public var outputs: Int { weight.value.rows }

  /// W = 0, b = 0.
  /// - Parameter name: what its arrays are called in an archive.
  public init(name: String, inputs: Int, outputs: Int) {
    self.name = name
    weight = Parameter(Matrix(rows: outputs, columns: inputs))
    bias = Parameter(vector: Matrix(rows: 1, columns: outputs))
  }

  /// The layer held by `tensors`.
  /// - Throws: `badData` where an array is missing or has another shape.
  public init(
    name: String, inputs: Int, outputs: Int, tensors: TensorTable
  ) throws(FedMedError) {
    self.init(name: name, inputs: inputs, outputs: outputs)
    try load(tensors)
  }

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

  /// From dy [B, out]: dW = dyᵀ x, db = Σ dy, left in the parameters.
  package mutating func backward(_ x: Matrix, gradient: Matrix) {
    weight.gradient.product(transposing: gradient, x)
    bias.gradient.fill(0)
    for row in 0..<gradient.rows {
      for column in 0..<gradient.columns { bias.gradient[0, column] += gradient[row, column] }
    }
  }

  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    body(&weight)
    body(&bias)
  }

  public func tensors() -> [Tensor] {
    [Tensor("\(name).weight", weight), Tensor("\(name).bias", bias)]
  }

  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try tensors.load("\(name).weight", into: &weight)
    try tensors.load("\(name).bias", into: &bias)
  }
}
