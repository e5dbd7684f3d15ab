import FMBase
import FMNumerics

/// The sizes of a transformer, and what its layers are made of.
struct TransformerShape: Sendable {
  /// w, the width of a token.
  let width: Int
  /// m, the width of the hidden layer in each block, after the gate if there is one.
  let inner: Int
  /// The number of blocks.
  let layers: Int
  /// The number of attention heads.
  let heads: Int
  /// ε of the layer normalizations.
  let epsilon: Float
  /// The function between the two linear maps.
  let activation: TransformerKernels.HiddenActivation
  /// Whether a token attends only to itself and earlier ones.
  var isCausal = false
  /// Whether normalizations follow the residual sums instead of preceding the linear maps.
  var isPostNorm = false

  /// The range of each size.
  static let range = 1...16_384

  /// Creates a shape.
  /// - Throws: `badData` if the width is not divisible by the number of heads.
  init(
    width: Int, inner: Int, layers: Int, heads: Int, epsilon: Double,
    activation: TransformerKernels.HiddenActivation, config: CheckpointConfig
  ) throws(FedMedError) {
    guard width % max(heads, 1) == 0 else {
      throw config.fault("a width of \(width), which \(heads) heads do not divide")
    }
    guard [width, inner, layers, heads].allSatisfy(Self.range.contains), epsilon.isFinite,
      epsilon >= 0
    else {
      throw config.fault(
        "sizes of the layers out of range: \(layers) layers of \(width) in \(heads) heads, "
          + "hidden layers of \(inner)")
    }
    (self.width, self.inner, self.layers, self.heads) = (width, inner, layers, heads)
    (self.epsilon, self.activation) = (Float(epsilon), activation)
  }

  /// Reads the sizes under the keys that Hugging Face's transformers library uses. Missing values
  /// take the defaults of that library.
  /// - Parameters:
  ///   - defaults: width, hidden width, number of heads, ε and activation; the number of layers is
  ///     12 by default.
  ///   - inner: the width of the hidden layer; `nil` to read it.
  ///   - activation: `nil` to read it.
  /// - Throws: `badData` if sizes are out of range or the activation is unknown.
  init(
    _ config: CheckpointConfig,
    defaults: (width: Int, inner: Int, heads: Int, epsilon: Double, activation: String),
    inner: Int? = nil, activation: TransformerKernels.HiddenActivation? = nil
  ) throws(FedMedError) {
    let width = try config.integer("hidden_size", default: defaults.width, in: Self.range)
    let inner =
      if let inner { inner } else {
        try config.integer("intermediate_size", default: defaults.inner, in: Self.range)
      }
    let activation =
      if let activation { activation } else {
        try Self.activation(config, default: defaults.activation)
      }
    try self.init(
      width: width, inner: inner,
      layers: config.integer("num_hidden_layers", default: 12, in: Self.range),
      heads: config.integer("num_attention_heads", default: defaults.heads, in: 1...width),
      epsilon: config.number("layer_norm_eps", default: defaults.epsilon, in: 0...1),
      activation: activation, config: config)
  }

  /// Reads the function between the linear maps of a layer without gate.
  private static func activation(
    _ config: CheckpointConfig, default fallback: String
  ) throws(FedMedError) -> TransformerKernels.HiddenActivation {
    switch try config.text("hidden_act") ?? fallback {
    case "gelu": return .gelu
    case "gelu_pytorch_tanh", "gelu_new": return .tanhGELU
    case "quick_gelu": return .quickGELU
    case let other:
      throw config.fault(
        "hidden_act '\(printable(other))', expected gelu, gelu_pytorch_tanh or quick_gelu")
    }
  }
}
