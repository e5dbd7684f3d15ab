import FMBase
import FMNumerics

/// A layer normalization: y = (x − mean) / √(variance + ε) ⊙ γ + β for each row of w numbers.
struct Norm: Sendable {
  private var weight: Matrix  // γ [1, w]
  private var bias: Matrix  // β [1, w]
  private let epsilon: Float

  /// Creates a normalization without weights.
  init(width: Int, epsilon: Float) {
    weight = Matrix(rows: 1, columns: width)
    bias = weight
    self.epsilon = epsilon
  }

  /// Reads a normalization.
  /// - Parameter name: the name of its tensors, without `.weight` and `.bias`.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  init(
    _ name: String, width: Int, epsilon: Float, from checkpoint: Checkpoint
  ) throws(FedMedError) {
    self.init(width: width, epsilon: epsilon)
    try load(name, from: checkpoint)
  }

  /// Checks that the tensors exist and have the expected sizes.
  /// - Throws: `badData` with the name of the tensor that is missing or has another size.
  func check(_ name: String, in checkpoint: Checkpoint) throws(FedMedError) {
    for part in ["weight", "bias"] {
      try checkpoint.check("\(name).\(part)", count: weight.columns)
    }
  }

  /// Reads the tensors.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  mutating func load(_ name: String, from checkpoint: Checkpoint) throws(FedMedError) {
    try checkpoint.read("\(name).weight", into: &weight)
    try checkpoint.read("\(name).bias", into: &bias)
  }

  /// Sets `y` [n, w] to some normalized rows of `x` [_, w].
  func apply(_ x: Matrix, rows: Range<Int>, into y: inout Matrix) {
    TransformerKernels.layerNorm(
      x, rows: rows, weight: weight, bias: bias, epsilon: epsilon, into: &y)
  }

  /// Returns the normalized rows of `x` [n, w].
  func applied(to x: Matrix) -> Matrix {
    var y = Matrix(rows: x.rows, columns: x.columns)
    apply(x, rows: 0..<x.rows, into: &y)
    return y
  }
}
