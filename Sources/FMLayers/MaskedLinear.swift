import FMBase
import FMNumerics

/// A linear layer whose output rows switch themselves off (FedMedCLIP's masked layer):
///
///     u_i = mean_j |W_ij|    m_i = 1 if u_i − κ_i ≥ 0, else 0
///     y = (W ⊙ m 1ᵀ) x + b ⊙ m
///
/// Backward through the step is straight-through: dm/ds = 1 where |s| ≤ 1, s = u − κ. Unlike the
/// authors' code, whose gradient passes only where |s| > 1 so that κ never learns, and whose bias
/// is not masked.
public struct MaskedLinear: Module {
  /// W [out, in].
  public package(set) var weight: Parameter
  /// b [out].
  public package(set) var bias: Parameter
  /// κ [out].
  public package(set) var threshold: Parameter

  /// Whether rows can switch off; without, it is an ordinary linear layer, and has no κ in archives.
  private let isMasked: Bool
  /// m [out], 1 or 0, as the last forward pass decided.
  private var on: [Float]
  private let name: String
  private var meanMagnitudes: [Float]  // u [out]
  private var maskGradient: [Float]  // dm [out]
  private var products: Matrix  // W x [B, out]
  private var active: ActiveRows

  /// Which rows are on, as the last forward pass decided, [out].
  public var mask: [Bool] { on.map { $0 > 0 } }
  public var inputs: Int { weight.value.columns }
  public var outputs: Int { weight.value.rows }

  /// W and b uniform in ±1/√in, κ = 0.
  /// - Parameter name: what its arrays are called in an archive, `fam/layer1`.
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

  package static func layout(name: String, inputs: Int, outputs: Int, isMasked: Bool) -> Layout {
    [TensorShape("\(name).weight", [outputs, inputs]), TensorShape("\(name).bias", [outputs])]
      + (isMasked ? [TensorShape("\(name).threshold", [outputs])] : [])
  }

  /// x [B, in] → y [B, out].
  /// - Parameter training: whether `backward` follows. The straight-through gradient of κ needs what
  ///   a row that is off would give, so that it is left out of the product only without.
  public mutating func forward(_ x: Matrix, training: Bool = true, into y: inout Matrix) {
    forward(x, training: training) { Masking.store($0, into: &y) }
  }

  /// The same for whoever makes more of the output in the pass that masks it.
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

  /// Leaves the gradients of W, b and κ in the parameters. `gradient` [B, out] comes in as dy and
  /// leaves masked; `dx` [B, in], where the caller wants it, receives the gradient of x.
  /// - Parameter body: masks the gradient; for whoever does more in that pass.
  package mutating func backward(
    _ x: Matrix, gradient: inout Matrix, dx: inout Matrix,
    masking body: (inout Matrix, MaskedSlopes) -> Void = Masking.backward
  ) {
    backward(x, gradient: &gradient, masking: body)
    active.product(gradient, weight.value, into: &dx)
  }

  /// The same for a first layer, whose input needs no gradient.
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
    // By way of the mask first; BLAS adds the rest, and need not clear the array.
    Masking.signs(of: weight.value, times: maskGradient, into: &weight.gradient)
    active.product(transposing: gradient, x, addingTo: &weight.gradient)
  }

  /// Decides which rows are on. With fewer than 1 % of them on, κ goes back to 0: a layer that is
  /// off gets no gradient through its outputs and would never recover.
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
      // u ≥ 0 = κ everywhere.
      for i in 0..<outputs { on[i] = 1 }
    }
    active.select(on)
  }

  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    body(&weight)
    body(&bias)
    if isMasked { body(&threshold) }
  }

  public func tensors() -> [Tensor] {
    [Tensor("\(name).weight", weight), Tensor("\(name).bias", bias)]
      + (isMasked ? [Tensor("\(name).threshold", threshold)] : [])
  }

  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try tensors.load("\(name).weight", into: &weight)
    try tensors.load("\(name).bias", into: &bias)
    if isMasked { try tensors.load("\(name).threshold", into: &threshold) }
  }
}
