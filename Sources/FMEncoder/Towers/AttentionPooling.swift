import FMBase
import FMNumerics

/// The attention-pooling head of SigLIP: a learned query attends to all tokens X of an image,
///
///     a = attention(probe W_qᵀ + b_q, X) W_oᵀ + b_o
///     z = a + f(LN(a) W₁ᵀ + b₁) W₂ᵀ + b₂
///
/// (Zhai et al., "Scaling Vision Transformers", 2022).
struct AttentionPooling: Sendable {
  private let heads: Int
  private let activation: TransformerKernels.HiddenActivation
  private let query: Matrix  // [1, w]
  private let keysAndValues: FrozenLinear  // w → 2 w
  private let output: FrozenLinear  // w → w
  private let norm: Norm
  private let up: FrozenLinear  // w → m
  private let down: FrozenLinear  // m → w

  /// Reads the head.
  /// - Parameter prefix: the common beginning of its tensors' names.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  init(
    _ prefix: String, shape: TransformerShape, from checkpoint: Checkpoint
  ) throws(FedMedError) {
    let (w, m) = (shape.width, shape.inner)
    (heads, activation) = (shape.heads, shape.activation)
    let weight = try checkpoint.matrix(
      "\(prefix).attention.in_proj_weight", rows: 3 * w, columns: w)
    let bias = try checkpoint.matrix("\(prefix).attention.in_proj_bias", rows: 1, columns: 3 * w)
    func map(_ rows: Range<Int>) -> FrozenLinear {
      var map = FrozenLinear(outputs: rows.count, inputs: w, precision: .float32)
      map.set(weight: weight.gathering(rows), bias: Matrix(vector: Array(bias.elements[rows])))
      return map
    }
    query = map(0..<w).applied(
      to: try checkpoint.matrix("\(prefix).probe", rows: 1, columns: w))
    keysAndValues = map(w..<3 * w)
    output = try FrozenLinear(
      LinearNames("\(prefix).attention.out_proj"), outputs: w, inputs: w, from: checkpoint)
    norm = try Norm("\(prefix).layernorm", width: w, epsilon: shape.epsilon, from: checkpoint)
    up = try FrozenLinear(
      LinearNames("\(prefix).mlp.fc1"), outputs: m, inputs: w, from: checkpoint)
    down = try FrozenLinear(
      LinearNames("\(prefix).mlp.fc2"), outputs: w, inputs: m, from: checkpoint)
  }

  /// Returns the pooled features [n, w] of sequences `x` [n · tokens, w].
  func applied(to x: Matrix, tokens: Int) -> Matrix {
    var mixed = Matrix(rows: x.rows / tokens, columns: x.columns)
    var attention = Attention(heads: heads, precision: .float32)
    attention.apply(
      query: query, keysAndValues.applied(to: x), tokens: tokens, into: &mixed)
    let pooled = output.applied(to: mixed)
    var (inner, room) = (Matrix(rows: pooled.rows, columns: up.outputs), FrozenLinear.Room())
    up.apply(norm.applied(to: pooled), into: &inner, activation: activation, room: &room)
    var result = down.applied(to: inner)
    result.add(pooled)
    return result
  }
}
