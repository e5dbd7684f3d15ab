import FMBase
import FMNumerics

/// A transformer layer. Pre-norm, as in most vision transformers:
///
///     X ← X + s₁ ⊙ (attention(LN₁(X)) W_oᵀ + b_o)
///     X ← X + s₂ ⊙ (f(LN₂(X) W₁ᵀ + b₁) W₂ᵀ + b₂)
///
/// Post-norm, as in BERT:
///
///     X ← LN₁(X + attention(X) W_oᵀ + b_o)
///     X ← LN₂(X + f(X W₁ᵀ + b₁) W₂ᵀ + b₂)
///
/// Tokens are w wide, the hidden layer m wide; s₁ and s₂ are 1 except in models with layer scale.
/// In a gated layer W₁ has 2 m rows, and f(a, b) = silu(a) ⊙ b for its two halves (SwiGLU).
/// One block serves for all layers of an encoder in turn and reads the weights of each.
struct TransformerBlock: Sendable {
  /// The names of a layer's tensors.
  struct Names: Sendable {
    let norm1: String
    /// Queries, keys and values, fused or separate.
    let attention: LinearNames
    let output: LinearNames
    let norm2: String
    let up: LinearNames
    let down: LinearNames
    /// The full names of the layer scales; `nil` if the model has none.
    var scale1: String?
    var scale2: String?
  }

  /// The sizes of the layers.
  let shape: TransformerShape
  /// The precision of its products.
  let precision: Precision
  private var norm1: Norm
  private var qkv: FrozenLinear  // w → 3 w
  private var output: FrozenLinear  // w → w
  private var norm2: Norm
  private var up: FrozenLinear  // w → m, or 2 m
  private var down: FrozenLinear  // m → w
  private var scale1: Matrix  // [1, w]
  private var scale2: Matrix  // [1, w]

  /// Creates a block without weights.
  init(_ shape: TransformerShape, precision: Precision) {
    (self.shape, self.precision) = (shape, precision)
    let (w, m) = (shape.width, shape.inner)
    func linear(_ outputs: Int, _ inputs: Int) -> FrozenLinear {
      FrozenLinear(outputs: outputs, inputs: inputs, precision: precision)
    }
    norm1 = Norm(width: w, epsilon: shape.epsilon)
    norm2 = norm1
    (qkv, output) = (linear(3 * w, w), linear(w, w))
    (up, down) = (linear(shape.activation.isGated ? 2 * m : m, w), linear(w, m))
    scale1 = Matrix(rows: 1, columns: w, repeating: 1)
    scale2 = scale1
  }

  /// Checks that a layer's weights exist and have the expected sizes.
  /// - Throws: `badData` with the name of a tensor that is missing or has another size.
  func check(_ names: Names, in checkpoint: Checkpoint) throws(FedMedError) {
    try norm1.check(names.norm1, in: checkpoint)
    try qkv.check(names.attention, in: checkpoint)
    try output.check(names.output, in: checkpoint)
    try norm2.check(names.norm2, in: checkpoint)
    try up.check(names.up, in: checkpoint)
    try down.check(names.down, in: checkpoint)
    for name in [names.scale1, names.scale2].compactMap({ $0 }) {
      try checkpoint.check(name, count: shape.width)
    }
  }

  /// Reads a layer's weights.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  mutating func load(_ names: Names, from checkpoint: Checkpoint) throws(FedMedError) {
    try norm1.load(names.norm1, from: checkpoint)
    try qkv.load(names.attention, from: checkpoint)
    try output.load(names.output, from: checkpoint)
    try norm2.load(names.norm2, from: checkpoint)
    try up.load(names.up, from: checkpoint)
    try down.load(names.down, from: checkpoint)
    if let name = names.scale1 { try checkpoint.read(name, into: &scale1) }
    if let name = names.scale2 { try checkpoint.read(name, into: &scale2) }
  }

  /// Scratch space for `apply`, which grows on demand.
  struct Workspace: Sendable {
    fileprivate var qkv: Matrix
    fileprivate var mixed: Matrix
    fileprivate var attention: Attention
    // A block of rows at a time.
    fileprivate var normed: Matrix
    fileprivate var inner: Matrix
    /// The values of a gated layer.
    fileprivate var gated: Matrix
    fileprivate var room = FrozenLinear.Room()

    /// Creates empty scratch space.
    init(for block: TransformerBlock) {
      qkv = Matrix(rows: 0, columns: 3 * block.shape.width)
      mixed = Matrix(rows: 0, columns: block.shape.width)
      attention = Attention(heads: block.shape.heads, precision: block.precision)
      normed = mixed
      inner = Matrix(rows: 0, columns: block.up.outputs)
      gated = Matrix(rows: 0, columns: block.shape.inner)
    }
  }

  /// Applies the layer to sequences `x` [n · tokens, w].
  /// - Parameters:
  ///   - tokens: the length of a sequence.
  ///   - rotation: turns queries and keys by their positions; `nil` if positions are embedded.
  ///   - onlyFirst: whether to compute, and leave in `x` [n, w], only the first token of each sequence:
  ///     behind the last layer, nothing depends on the others.
  func apply(
    _ x: inout Matrix, tokens: Int, rotation: RotaryPositions?, onlyFirst: Bool = false,
    using room: inout Workspace
  ) {
    room.qkv.resize(rows: x.rows)
    Self.forEachBlock(of: x) { rows in
      room.normed.resize(rows: rows.count)
      if shape.isPostNorm {
        room.normed.gather(rows, of: x)
      } else {
        norm1.apply(x, rows: rows, into: &room.normed)
      }
      qkv.apply(room.normed, into: &room.qkv, rows: rows, room: &room.room)
    }
    rotation?.turn(&room.qkv, tokens: tokens, heads: shape.heads)
    if onlyFirst { x = x.gathering((0..<x.rows / tokens).map { $0 * tokens }) }
    room.mixed.resize(rows: x.rows)
    room.attention.apply(
      room.qkv, tokens: tokens, isCausal: shape.isCausal, into: &room.mixed)
    Self.forEachBlock(of: x) { rows in
      output.add(
        room.mixed, from: rows.lowerBound, scale: scale1, to: &x, rows: rows, room: &room.room)
      if shape.isPostNorm { replace(&x, rows, by: norm1, &room) }
      applyHidden(&x, rows, &room)
      if shape.isPostNorm { replace(&x, rows, by: norm2, &room) }
    }
  }

  /// The second half of the layer, for some rows: their hidden layer stays in the cache.
  private func applyHidden(_ x: inout Matrix, _ rows: Range<Int>, _ room: inout Workspace) {
    room.normed.resize(rows: rows.count)
    if shape.isPostNorm {
      room.normed.gather(rows, of: x)
    } else {
      norm2.apply(x, rows: rows, into: &room.normed)
    }
    room.inner.resize(rows: rows.count)
    up.apply(room.normed, into: &room.inner, activation: shape.activation, room: &room.room)
    if shape.activation.isGated {
      room.gated.resize(rows: rows.count)
      TransformerKernels.gate(room.inner, into: &room.gated)
      down.add(room.gated, scale: scale2, to: &x, rows: rows, room: &room.room)
    } else {
      down.add(room.inner, scale: scale2, to: &x, rows: rows, room: &room.room)
    }
  }

  /// Normalizes some rows of `x`.
  private func replace(
    _ x: inout Matrix, _ rows: Range<Int>, by norm: Norm, _ room: inout Workspace
  ) {
    room.normed.resize(rows: rows.count)
    norm.apply(x, rows: rows, into: &room.normed)
    x.set(rows, to: room.normed)
  }

  /// Calls `body` with blocks of rows of nearly equal sizes, because products of few rows are slower.
  private static func forEachBlock(of x: Matrix, _ body: (Range<Int>) -> Void) {
    let count = (x.rows + FrozenLinear.blockRows - 1) / FrozenLinear.blockRows
    for block in 0..<count { body(block * x.rows / count..<(block + 1) * x.rows / count) }
  }
}
