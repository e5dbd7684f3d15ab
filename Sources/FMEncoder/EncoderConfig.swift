import FMArchive
import FMBase
import FMNumerics

/// config.json of a checkpoint. Missing values take the defaults of Hugging Face's transformers
/// library.
struct EncoderConfig: Decodable {
  /// The configuration of one transformer.
  struct Tower: Decodable {
    let hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads: Int?
    let imageSize, patchSize: Int?
    let vocabSize, maxPositionEmbeddings: Int?
    let mlpRatio, layerNormEps: Double?
    let hiddenAct: String?
    let useSwigluFfn: Bool?

    package enum CodingKeys: String, CodingKey {
      case hiddenSize = "hidden_size"
      case intermediateSize = "intermediate_size"
      case numHiddenLayers = "num_hidden_layers"
      case numAttentionHeads = "num_attention_heads"
      case imageSize = "image_size"
      case patchSize = "patch_size"
      case vocabSize = "vocab_size"
      case maxPositionEmbeddings = "max_position_embeddings"
      case mlpRatio = "mlp_ratio"
      case layerNormEps = "layer_norm_eps"
      case hiddenAct = "hidden_act"
      case useSwigluFfn = "use_swiglu_ffn"
    }
  }

  /// The model's architecture, such as `clip`.
  let modelType: String
  let visionConfig: Tower?
  let textConfig: Tower?

  package enum CodingKeys: String, CodingKey {
    case modelType = "model_type"
    case visionConfig = "vision_config"
    case textConfig = "text_config"
  }

  /// The path of config.json in a checkpoint folder.
  package static func path(_ folder: String) -> String { "\(folder)/config.json" }

  /// An error in config.json.
  package static func fault(_ folder: String, _ reason: String) -> FedMedError {
    FedMedError(.badData, reason, file: path(folder))
  }

  /// Reads config.json of a checkpoint folder.
  init(folder: String) throws(FedMedError) { self = try Checkpoint.json(Self.path(folder)) }
}

/// The sizes of a transformer.
struct TransformerShape: Sendable {
  /// w, the width of a token.
  package let width: Int
  /// m, the width of the hidden layer in each block.
  package let inner: Int
  /// The number of blocks.
  package let layers: Int
  /// The number of attention heads.
  package let heads: Int
  /// ε of the layer normalizations.
  package let epsilon: Float
  let activation: TransformerBlock.Activation

  /// The sizes of a CLIP tower.
  /// - Parameter isText: whether it is the text tower; otherwise it is the vision tower.
  /// - Throws: `badData` if sizes are out of range or the activation is unknown.
  static func clip(
    _ config: EncoderConfig.Tower, isText: Bool, folder: String
  ) throws(FedMedError) -> TransformerShape {
    let width = config.hiddenSize ?? (isText ? 512 : 768)
    return try TransformerShape(
      config, width: width, inner: config.intermediateSize ?? (isText ? 2048 : 3072),
      heads: isText ? 8 : 12, epsilon: 1e-5, activation: "quick_gelu", folder: folder)
  }

  /// The sizes of a DINOv2.
  /// - Throws: `badData` if sizes are out of range, or the activation is unknown or SwiGLU.
  static func dinov2(
    _ config: EncoderConfig.Tower, folder: String
  ) throws(FedMedError) -> TransformerShape {
    guard config.useSwigluFfn != true else {
      throw EncoderConfig.fault(folder, "use_swiglu_ffn is not supported")
    }
    let (width, ratio) = (config.hiddenSize ?? 768, config.mlpRatio ?? 4)
    guard (1...16_384).contains(width), (0.1...16).contains(ratio) else {
      throw EncoderConfig.fault(
        folder, "hidden_size \(width) or mlp_ratio \(ratio) out of range")
    }
    return try TransformerShape(
      config, width: width, inner: Int(Double(width) * ratio), heads: 12, epsilon: 1e-6,
      activation: "gelu", folder: folder)
  }

  private init(
    _ config: EncoderConfig.Tower, width: Int, inner: Int, heads: Int, epsilon: Double,
    activation: String, folder: String
  ) throws(FedMedError) {
    self.width = width
    self.inner = inner
    layers = config.numHiddenLayers ?? 12
    self.heads = config.numAttentionHeads ?? heads
    self.epsilon = Float(config.layerNormEps ?? epsilon)
    guard [width, inner, layers].allSatisfy({ (1...16_384).contains($0) }),
      (1...width).contains(self.heads), width % self.heads == 0, self.epsilon.isFinite
    else { throw EncoderConfig.fault(folder, "sizes of the layers out of range") }
    let name = config.hiddenAct ?? activation
    guard let known = TransformerBlock.Activation(rawValue: name) else {
      throw EncoderConfig.fault(
        folder, "hidden_act '\(printable(name))', expected gelu or quick_gelu")
    }
    self.activation = known
  }
}
