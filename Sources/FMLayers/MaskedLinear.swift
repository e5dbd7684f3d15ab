import FMBase
import FMNumerics

/// A linear layer whose output rows can switch off (FedMedCLIP's masked layer):
///
///     u_i = mean_j |W_ij|    m_i = 1 if u_i − κ_i ≥ 0, else 0
///     y = (W ⊙ m 1ᵀ) x + b ⊙ m
///
/// The gradient of the step function is straight-through: with s = u − κ, dm/ds = 1 if |s| ≤ 1,
/// else 0. The authors' code differs: its gradient passes only if |s| > 1, so κ never learns, and
/// its bias is not masked.
public struct MaskedLinear: Module {
  /// W [out, in].
  public package(set) var weight: Parameter
  /// b [out].
  public package(set) var bias: Parameter
  /// κ [out], the rows' thresholds.
  public package(set) var threshold: Parameter

  /// Whether rows can switch off; if not, this is an ordinary linear layer, without κ in archives.
  private let isMasked: Bool
  /// m [out], 1 or 0, of the last forward pass.
  private var on: [Float]
  private let name: String
  private var meanMagnitudes: [Float]  // u [out]
  private var maskGradient: [Float]  // dm [out]
  private var products: Matrix  // W x [B, out]
  private var active: ActiveRows

  /// Which rows are on [out], in the last forward pass.
  public var mask: [Bool] { on.map { $0 > 0 } }
  /// The number of inputs.
  public var inputs: Int { weight.value.columns }
  /// The number of outputs.
  public var outputs: Int { weight.value.rows }

  /// Creates a layer with W and b uniform in ±1/√in, and κ = 0.
  /// - Parameters:
  ///   - name: the prefix of its arrays' names in an archive, such as `fam/layer1`.
  ///   - isMasked: whether rows can switch off.
  public init(
    name: String, inputs: Int, outputs: Int, isMasked: Bool = true, random: inout RandomStream
  ) {
    (self.name, self.isMasked) = (name, isMasked)
    let bound = 1 / Double(inputs).squareRoot()
    weight = Parameter(random.uniformMatrix(rows: outputs, columns: inputs, bound: bound))
    bias = Parameter(vector: random.uniformMatrix(rows: 1, columns: outputs, bound: bound))
    threshold = Parameter(vector: Matrix(rows: 1, columns: outputs))
    on = [Float](repeating: 1, count: outputs)
    meanMagnitudes = [Float](repeating: 0, count: outputs)
    maskGradient = meanMagnitudes
    products = Matrix(rows: 0, columns: outputs)
    active = ActiveRows(inputs: inputs)
  }

  /// The arrays of a layer in an archive: weight [out, in], bias [out] and, if masked, threshold
  /// [out].
  package static func layout(name: String, inputs: Int, outputs: Int, isMasked: Bool) -> Layout {
    [TensorShape("\(name).weight", [outputs, inputs]), TensorShape("\(name).bias", [outputs])]
      + (isMasked ? [TensorShape("\(name).threshold", [outputs])] : [])
  }

  /// x [B, in] → y [B, out].
  /// - Parameter training: whether `backward` follows. Training computes the rows that are off too,
  ///   because the straight-through gradient of κ depends on their output.
  public mutating func forward(_ x: Matrix, training: Bool = true, into y: inout Matrix) {
    forward(x, training: training) { Masking.store($0, into: &y) }
  }

  /// x [B, in] → the masked output, which `body` processes further in the same pass.
  package mutating func forward(
    _ x: Matrix, training: Bool = true, _ body: (MaskedOutput) -> Void
  ) {
    updateMask()
    if products.rows != x.rows { products = Matrix(rows: x.rows, columns: outputs) }
    if training {
      products.product(x, transposing: weight.value)
    } else {
      active.product(x, transposing: weight.value, into: &products)
    }
    Masking.withOutput(products, bias: bias.value, mask: on, body)
  }

  /// The backward pass. It stores the gradients of W, b and κ in the parameters. `gradient` [B,
  /// out] holds dy on entry and the masked gradient on return; `dx` [B, in] receives the gradient
  /// of x.
  /// - Parameter body: masks the gradient; replace it to do more in the same pass.
  package mutating func backward(
    _ x: Matrix, gradient: inout Matrix, dx: inout Matrix,
    masking body: (inout Matrix, MaskedSlopes) -> Void = Masking.backward
  ) {
    backward(x, gradient: &gradient, masking: body)
    active.product(gradient, weight.value, into: &dx)
  }

  /// The backward pass of a first layer, whose input needs no gradient.
  package mutating func backward(
    _ x: Matrix, gradient: inout Matrix,
    masking body: (inout Matrix, MaskedSlopes) -> Void = Masking.backward
  ) {
    Masking.withOutput(products, bias: bias.value, mask: on) { output in
      Masking.withSlopes(
        output, biasGradient: &bias.gradient, maskGradient: &maskGradient
      ) { body(&gradient, $0) }
    }
    guard isMasked else { return weight.gradient.product(transposing: gradient, x) }
    for i in 0..<outputs {
      let s = meanMagnitudes[i] - threshold.value[0, i]
      let ds = s.magnitude <= 1 ? maskGradient[i] : 0
      threshold.gradient[0, i] = -ds
      maskGradient[i] = ds / Float(inputs)
    }
    // Write the gradient through the mask first: BLAS then adds the other part, and the array need
    // not be cleared.
    Masking.signs(of: weight.value, times: maskGradient, into: &weight.gradient)
    active.product(transposing: gradient, x, addingTo: &weight.gradient)
  }

  /// Decides which rows are on. If fewer than 1 % are, resets κ to 0: a layer that is off gets no
  /// gradient through its outputs and would never recover.
  private mutating func updateMask() {
    guard isMasked else { return active.select(on) }
    Masking.meanMagnitudes(weight.value, into: &meanMagnitudes)
    var count = 0
    for i in 0..<outputs {
      let isOn = meanMagnitudes[i] - threshold.value[0, i] >= 0
      on[i] = isOn ? 1 : 0
      count += isOn ? 1 : 0
    }
    if count * 100 < outputs {
      threshold.value.fill(0)
      // With κ = 0, u ≥ κ holds for every row.
      for i in 0..<outputs { on[i] = 1 }
    }
    active.select(on)
  }

  /// Calls `body` with W, b and, if masked, κ.
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    body(&weight)
    body(&bias)
    if isMasked { body(&threshold) }
  }

  /// W, b and, if masked, κ, by name.
  public func tensors() -> [Tensor] {
    [Tensor("\(name).weight", weight), Tensor("\(name).bias", bias)]
      + (isMasked ? [Tensor("\(name).threshold", threshold)] : [])
  }

  /// Reads W, b and, if masked, κ from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape.
  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try tensors.load("\(name).weight", into: &weight)
    try tensors.load("\(name).bias", into: &bias)
    if isMasked { try tensors.load("\(name).threshold", into: &threshold) }
  }
}
