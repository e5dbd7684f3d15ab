import FMBase
import FMLayers
import FMNumerics

/// The masked MLP, which stays at its site: three blocks of masked linear layer, batch
/// normalization and ReLU, H wide, then a masked linear layer to the C classes.
public struct LocalClassifier: Module {
  /// The four masked linear layers.
  public package(set) var layers: [MaskedLinear]
  /// The three batch normalizations.
  public package(set) var norms: [BatchNorm]

  /// Class logits [B, C] of the last forward pass.
  public private(set) var logits = Matrix(rows: 0, columns: 0)
  private var hidden: [Matrix] = []  // after each ReLU [B, H]
  private var gradient = Matrix(rows: 0, columns: 0)  // [B, H]
  private var spare = Matrix(rows: 0, columns: 0)  // [B, H]

  /// C, the number of classes.
  public var classes: Int { layers[3].outputs }

  /// Creates a classifier with random weights, from `dimension` D through `hidden` H to `classes`
  /// C.
  public init(
    dimension: Int, hidden: Int, classes: Int, isMasked: Bool = true, random: inout RandomStream
  ) {
    let widths = [dimension, hidden, hidden, hidden, classes]
    layers = []
    for i in 0..<4 {
      layers.append(
        MaskedLinear(
          name: "mlp/layer\(i + 1)", inputs: widths[i], outputs: widths[i + 1],
          isMasked: isMasked, random: &random))
    }
    norms = (1...3).map { BatchNorm(name: "mlp/norm\($0)", channels: hidden) }
  }

  /// The arrays of a classifier in an archive.
  package static func layout(dimension: Int, hidden: Int, classes: Int, isMasked: Bool) -> Layout {
    let widths = [dimension, hidden, hidden, hidden, classes]
    var layout: Layout = []
    for i in 1...4 {
      layout += MaskedLinear.layout(
        name: "mlp/layer\(i)", inputs: widths[i - 1], outputs: widths[i], isMasked: isMasked)
      if i < 4 { layout += BatchNorm.layout(name: "mlp/norm\(i)", channels: hidden) }
    }
    return layout
  }

  /// Creates a classifier from the arrays in `tensors`.
  /// - Throws: `badData` if an array is missing or has another shape, or a variance is negative.
  public init(
    dimension: Int, hidden: Int, classes: Int, isMasked: Bool = true, tensors: TensorTable
  ) throws(FedMedError) {
    var random = RandomStream(seed: 0, purpose: .localClassifier)
    self.init(
      dimension: dimension, hidden: hidden, classes: classes, isMasked: isMasked, random: &random)
    try load(tensors)
  }

  /// Training: z [B, D] → `logits` [B, C], with the batch's statistics.
  public mutating func forward(_ z: Matrix) {
    pass(z, training: true)
  }

  /// Evaluation: z [B, D] → `logits` [B, C], with the running statistics.
  public mutating func evaluate(_ z: Matrix) {
    pass(z, training: false)
  }

  private mutating func pass(_ z: Matrix, training: Bool) {
    prepare(rows: z.rows)
    for i in 0..<3 {
      layers[i].forward(i == 0 ? z : hidden[i - 1], training: training) { output in
        if training {
          norms[i].forward(output, into: &hidden[i])
        } else {
          norms[i].apply(output, into: &hidden[i])
        }
      }
    }
    layers[3].forward(hidden[2], training: training, into: &logits)
  }

  /// The backward pass after `forward(z)`.
  /// - Parameters:
  ///   - dLogits: the gradient of the logits [B, C], which is overwritten.
  ///   - dz: receives the gradient of z [B, D].
  public mutating func backward(_ z: Matrix, gradient dLogits: inout Matrix, dz: inout Matrix) {
    layers[3].backward(hidden[2], gradient: &dLogits, dx: &gradient)
    for i in (0..<3).reversed() {
      func norm(_ gradient: inout Matrix, _ slopes: MaskedSlopes) {
        norms[i].backward(&gradient, output: hidden[i], slopes: slopes)
      }
      if i > 0 {
        layers[i].backward(hidden[i - 1], gradient: &gradient, dx: &spare, masking: norm)
        swap(&gradient, &spare)
      } else {
        layers[0].backward(z, gradient: &gradient, dx: &dz, masking: norm)
      }
    }
  }

  private mutating func prepare(rows: Int) {
    guard logits.rows != rows else { return }
    logits = Matrix(rows: rows, columns: classes)
    spare = Matrix(rows: rows, columns: layers[0].outputs)
    gradient = spare
    hidden = [spare, spare, spare]
  }

  /// Calls `body` with the parameters of all layers, then of all normalizations.
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    for i in 0..<4 { layers[i].forEachParameter(body) }
    for i in 0..<3 { norms[i].forEachParameter(body) }
  }

  /// The arrays of all layers and normalizations, from input to output.
  public func tensors() -> [Tensor] {
    (0..<4).flatMap { i in layers[i].tensors() + (i < 3 ? norms[i].tensors() : []) }
  }

  /// Reads all arrays from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape, or a variance is negative.
  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    for i in 0..<4 {
      try layers[i].load(tensors)
      if i < 3 { try norms[i].load(tensors) }
    }
  }
}
