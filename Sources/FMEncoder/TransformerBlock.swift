import FMBase
import FMNumerics

/// A pre-norm transformer layer as in CLIP and DINOv2:
///
///     X ← X + s₁ ⊙ (attention(LN₁(X)) W_oᵀ + b_o)
///     X ← X + s₂ ⊙ (act(LN₂(X) W₁ᵀ + b₁) W₂ᵀ + b₂)
///
/// Tokens are w wide, the hidden layer m wide; s₁ and s₂ are 1 except in models with layer scale.
/// One block serves for all layers of an encoder in turn and reads the weights of each.
struct TransformerBlock: Sendable {
  /// The function between the two linear maps.
  package enum Activation: String, Sendable {
    case gelu
    case quickGELU = "quick_gelu"
  }

  /// The names of a layer's tensors in a checkpoint, without `.weight` and `.bias`.
  struct Names: Sendable {
    let norm1, query, key, value, output, norm2, up, down: String
    /// The full names of the layer scales; `nil` if the model has none.
    let scale1, scale2: String?

    /// The names in a CLIP.
    static func clip(_ prefix: String) -> Names {
      Names(
        norm1: "\(prefix).layer_norm1", query: "\(prefix).self_attn.q_proj",
        key: "\(prefix).self_attn.k_proj", value: "\(prefix).self_attn.v_proj",
        output: "\(prefix).self_attn.out_proj", norm2: "\(prefix).layer_norm2",
        up: "\(prefix).mlp.fc1", down: "\(prefix).mlp.fc2", scale1: nil, scale2: nil)
    }

    /// The names in a DINOv2.
    static func dinov2(_ prefix: String) -> Names {
      Names(
        norm1: "\(prefix).norm1", query: "\(prefix).attention.attention.query",
        key: "\(prefix).attention.attention.key", value: "\(prefix).attention.attention.value",
        output: "\(prefix).attention.output.dense", norm2: "\(prefix).norm2",
        up: "\(prefix).mlp.fc1", down: "\(prefix).mlp.fc2",
        scale1: "\(prefix).layer_scale1.lambda1", scale2: "\(prefix).layer_scale2.lambda1")
    }
  }

  /// w, the width of a token.
  package let width: Int
  /// The number of attention heads.
  package let heads: Int
  /// ε of the layer normalizations.
  package let epsilon: Float
  let activation: Activation
  /// Whether a token attends only to itself and earlier ones.
  package let isCausal: Bool
  private var norm1: (weight: Matrix, bias: Matrix)  // [1, w]
  private var qkv: (weight: Matrix, bias: Matrix)  // [3 w, w], [1, 3 w]
  private var output: (weight: Matrix, bias: Matrix)  // [w, w], [1, w]
  private var norm2: (weight: Matrix, bias: Matrix)  // [1, w]
  private var up: (weight: Matrix, bias: Matrix)  // [m, w], [1, m]
  private var down: (weight: Matrix, bias: Matrix)  // [w, m], [1, w]
  private var scale1: Matrix  // [1, w]
  private var scale2: Matrix  // [1, w]

  /// Creates a block without weights.
  init(_ shape: TransformerShape, isCausal: Bool) {
    width = shape.width
    heads = shape.heads
    epsilon = shape.epsilon
    activation = shape.activation
    self.isCausal = isCausal
    func linear(_ outputs: Int, _ inputs: Int) -> (Matrix, Matrix) {
      (Matrix(rows: outputs, columns: inputs), Matrix(rows: 1, columns: outputs))
    }
    let row = Matrix(rows: 1, columns: width)
    (norm1, norm2) = ((row, row), (row, row))
    qkv = linear(3 * width, width)
    output = linear(width, width)
    up = linear(shape.inner, width)
    down = linear(width, shape.inner)
    scale1 = Matrix(rows: 1, columns: width, repeating: 1)
    scale2 = scale1
  }

  /// Checks that a layer's weights exist and have the expected sizes.
  /// - Throws: `badData` with the name of a tensor that is missing or has another size.
  package func check(_ names: Names, in tensors: Checkpoint) throws(FedMedError) {
    let inner = up.weight.rows
    let square = [names.query, names.key, names.value, names.output].map { ($0, width, width) }
    for (name, rows, columns) in square + [(names.up, inner, width), (names.down, width, inner)] {
      try tensors.check("\(name).weight", count: rows * columns)
      try tensors.check("\(name).bias", count: rows)
    }
    for name in [names.norm1, names.norm2] {
      try tensors.check("\(name).weight", count: width)
      try tensors.check("\(name).bias", count: width)
    }
    for name in [names.scale1, names.scale2].compactMap({ $0 }) {
      try tensors.check(name, count: width)
    }
  }

  /// Reads a layer's weights.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  package mutating func load(_ names: Names, from tensors: Checkpoint) throws(FedMedError) {
    func read(
      _ name: String, _ pair: inout (weight: Matrix, bias: Matrix)
    ) throws(FedMedError) {
      try tensors.read("\(name).weight", into: &pair.weight)
      try tensors.read("\(name).bias", into: &pair.bias)
    }
    try read(names.norm1, &norm1)
    // The biases of queries, keys and values are contiguous; as a matrix, each is one row.
    var biases = Matrix(rows: 3, columns: width)
    for (index, name) in [names.query, names.key, names.value].enumerated() {
      try tensors.read(
        "\(name).weight", into: &qkv.weight, rows: index * width..<(index + 1) * width)
      try tensors.read("\(name).bias", into: &biases, rows: index..<index + 1)
    }
    qkv.bias = Matrix(vector: biases.elements)
    try read(names.output, &output)
    try read(names.norm2, &norm2)
    try read(names.up, &up)
    try read(names.down, &down)
    if let name = names.scale1 { try tensors.read(name, into: &scale1) }
    if let name = names.scale2 { try tensors.read(name, into: &scale2) }
  }

  /// Scratch space for `apply`, which grows on demand.
  struct Workspace: Sendable {
    fileprivate var normed: Matrix
    fileprivate var qkv: Matrix
    fileprivate var mixed: Matrix
    fileprivate var inner: Matrix
    fileprivate var scores: Matrix

    /// Creates empty scratch space.
    /// - Parameter tokens: the length of a sequence.
    init(tokens: Int, for block: TransformerBlock) {
      normed = Matrix(rows: 0, columns: block.width)
      mixed = normed
      qkv = Matrix(rows: 0, columns: 3 * block.width)
      inner = Matrix(rows: 0, columns: block.up.weight.rows)
      scores = Matrix(rows: tokens, columns: tokens)
    }

    fileprivate mutating func resize(rows: Int) {
      normed.resize(rows: rows)
      qkv.resize(rows: rows)
      mixed.resize(rows: rows)
      inner.resize(rows: rows)
    }
  }

  /// Applies the layer to sequences `x` [n · tokens, w].
  package func apply(_ x: inout Matrix, using room: inout Workspace) {
    room.resize(rows: x.rows)
    TransformerKernels.layerNorm(
      x, weight: norm1.weight, bias: norm1.bias, epsilon: epsilon, into: &room.normed)
    room.qkv.product(room.normed, transposing: qkv.weight)
    TransformerKernels.addBias(&room.qkv, qkv.bias)
    TransformerKernels.attention(
      room.qkv, tokens: room.scores.rows, heads: heads, isCausal: isCausal, scores: &room.scores,
      into: &room.mixed)
    room.normed.product(room.mixed, transposing: output.weight)
    TransformerKernels.addScaled(&x, room.normed, bias: output.bias, scale: scale1)

    TransformerKernels.layerNorm(
      x, weight: norm2.weight, bias: norm2.bias, epsilon: epsilon, into: &room.normed)
    room.inner.product(room.normed, transposing: up.weight)
    switch activation {
    case .gelu: TransformerKernels.gelu(&room.inner, bias: up.bias)
    case .quickGELU: TransformerKernels.quickGELU(&room.inner, bias: up.bias)
    }
    room.normed.product(room.inner, transposing: down.weight)
    TransformerKernels.addScaled(&x, room.normed, bias: down.bias, scale: scale2)
  }
}
