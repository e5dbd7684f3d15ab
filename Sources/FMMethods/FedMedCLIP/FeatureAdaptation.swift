import FMBase
import FMLayers
import FMNumerics

/// FAM, the feature adaptation module: the only part of the network that leaves a site.
///
///     att(I) = softmax( L2( ReLU( norm( L1(I) ) ) ) )
///     Ĩ = att(I) ⊗ I        z = Ĩ / ‖Ĩ‖
///
/// L1 and L2 are masked linear layers D → D; norm normalizes each sample over D, without an affine
/// part.
public struct FeatureAdaptation: Module {
  /// L1.
  public package(set) var layer1: MaskedLinear
  /// L2.
  public package(set) var layer2: MaskedLinear

  /// z [B, D] of the last forward pass.
  public private(set) var adapted = Matrix(rows: 0, columns: 0)
  /// att(I) [B, D] of the last forward pass.
  package var attention: Matrix { gate.attention }
  private var norm = LayerNorm()
  private var gate = FeatureAttention()
  private var rectified = Matrix(rows: 0, columns: 0)  // ReLU(norm(L1(I))) [B, D]
  private var gradient = Matrix(rows: 0, columns: 0)  // [B, D]

  /// D, the feature dimension.
  public var dimension: Int { layer1.inputs }

  /// Creates a module with random weights for features of `dimension` D.
  public init(dimension: Int, isMasked: Bool = true, random: inout RandomStream) {
    layer1 = MaskedLinear(
      name: "fam/layer1", inputs: dimension, outputs: dimension, isMasked: isMasked,
      random: &random)
    layer2 = MaskedLinear(
      name: "fam/layer2", inputs: dimension, outputs: dimension, isMasked: isMasked,
      random: &random)
  }

  /// The arrays of a module in an archive.
  package static func layout(dimension: Int, isMasked: Bool) -> Layout {
    (1...2).flatMap {
      MaskedLinear.layout(
        name: "fam/layer\($0)", inputs: dimension, outputs: dimension, isMasked: isMasked)
    }
  }

  /// Creates a module from the arrays in `tensors`.
  /// - Throws: `badData` if an array is missing or has another shape.
  public init(
    dimension: Int, isMasked: Bool = true, tensors: TensorTable
  ) throws(FedMedError) {
    var random = RandomStream(seed: 0, purpose: .featureAdaptation)
    self.init(dimension: dimension, isMasked: isMasked, random: &random)
    try load(tensors)
  }

  /// Training: x [B, D] → `adapted` z [B, D].
  public mutating func forward(_ x: Matrix) {
    pass(x, training: true)
  }

  /// Evaluation: x [B, D] → `adapted` z [B, D]. `backward` must not follow.
  public mutating func evaluate(_ x: Matrix) {
    pass(x, training: false)
  }

  private mutating func pass(_ x: Matrix, training: Bool) {
    prepare(rows: x.rows)
    layer1.forward(x, training: training) { norm.forward($0, into: &rectified) }
    layer2.forward(rectified, training: training) {
      gate.forward($0, features: x, into: &adapted)
    }
  }

  /// The backward pass from the gradient `dz` [B, D] of z, which it overwrites.
  /// - Parameter x: the input of the last `forward`.
  public mutating func backward(_ x: Matrix, gradient dz: inout Matrix) {
    gate.backward(&dz, features: x, output: adapted)
    layer2.backward(rectified, gradient: &dz, dx: &gradient)
    norm.backward(&gradient, output: rectified)
    layer1.backward(x, gradient: &gradient)
  }

  /// The gradients of both layers sample by sample, from the gradient `dz` [B, D] of z, which it
  /// overwrites. Masks are constant here: gradients through them would not be outer products.
  /// - Parameter x: the input of the last `forward`.
  mutating func layerGradients(_ x: Matrix, gradient dz: inout Matrix) -> [LayerGradients] {
    backward(x, gradient: &dz)
    // Both backward passes leave the masked gradient of their layer's output.
    return [
      LayerGradients(inputs: x, outputs: gradient),
      LayerGradients(inputs: rectified, outputs: dz),
    ]
  }

  /// Stores the sums over samples; there is no gradient of the thresholds.
  mutating func store(_ gradients: [LayerGradients], finish: (inout Matrix) -> Void) {
    SummedGradients.store(
      gradients.first, weight: &layer1.weight, bias: &layer1.bias, finish: finish)
    SummedGradients.store(
      gradients.last, weight: &layer2.weight, bias: &layer2.bias, finish: finish)
    layer1.threshold.gradient.fill(0)
    layer2.threshold.gradient.fill(0)
  }

  private mutating func prepare(rows: Int) {
    guard adapted.rows != rows else { return }
    adapted = Matrix(rows: rows, columns: dimension)
    (rectified, gradient) = (adapted, adapted)
  }

  /// Calls `body` with the parameters of both layers.
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    layer1.forEachParameter(body)
    layer2.forEachParameter(body)
  }

  /// The arrays of both layers.
  public func tensors() -> [Tensor] { layer1.tensors() + layer2.tensors() }

  /// Reads the arrays of both layers from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape.
  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try layer1.load(tensors)
    try layer2.load(tensors)
  }
}
