import FMBase
import FMNumerics

/// SigLIP (Zhai et al., 2023) and SigLIP 2 at a fixed resolution (Tschannen et al., 2025) as Hugging
/// Face's transformers library stores them; MedSigLIP is one.
struct SigLIPFamily: EncoderFamily {
  static let modelTypes = ["siglip", "siglip_vision_model"]

  let config: CheckpointConfig
  let checkpoint: Checkpoint
  private let visionConfig: CheckpointConfig
  private let textConfig: CheckpointConfig?

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint(prefixes: ["siglip."])
    visionConfig = try config.object("vision_config") ?? config
    textConfig = try config.object("text_config")
  }

  var hasTexts: Bool { textConfig != nil && checkpoint.has("text_model.head.weight") }

  private static func shape(
    _ config: CheckpointConfig
  ) throws(FedMedError) -> TransformerShape {
    try TransformerShape(
      config,
      defaults: (
        width: 768, inner: 3072, heads: 12, epsilon: 1e-6, activation: "gelu_pytorch_tanh"
      ))
  }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let shape = try Self.shape(visionConfig)
    let w = shape.width
    // A vision tower alone is stored with or without the name of its part.
    let root = checkpoint.has("embeddings.patch_embedding.weight") ? "" : "vision_model."
    let grid = try PatchGrid(visionConfig, defaultPatch: 16, side: side, isFixed: true)
    let hasHead = try visionConfig.flag("vision_use_head", default: true)
    return VisionLayout(
      shape: shape,
      layers: (0..<shape.layers).map { CLIPFamily.names("\(root)encoder.layers.\($0)") },
      patch: grid.patch, grid: grid.wanted,
      embedding: LinearNames("\(root)embeddings.patch_embedding"),
      prefix: Matrix(rows: 0, columns: w), hasClassToken: false,
      positions: try checkpoint.matrix(
        "\(root)embeddings.position_embedding.weight", rows: grid.trained * grid.trained,
        columns: w),
      normAfter: try Norm(
        "\(root)post_layernorm", width: w, epsilon: shape.epsilon, from: checkpoint),
      head: hasHead
        ? .attention(try AttentionPooling("\(root)head", shape: shape, from: checkpoint)) : nil,
      pooling: hasHead ? .projection : .mean)
  }

  func text() throws(FedMedError) -> TextLayout {
    guard let config = textConfig else { throw self.config.fault("missing text_config") }
    let shape = try Self.shape(config)
    let (w, root) = (shape.width, "text_model")
    let length = try config.integer("max_position_embeddings", default: 64, in: 1...4096)
    return TextLayout(
      shape: shape,
      layers: (0..<shape.layers).map { CLIPFamily.names("\(root).encoder.layers.\($0)") },
      tokenizer: try SentencePieceTokenizer(folder: folder, length: length),
      table: "\(root).embeddings.token_embedding.weight",
      positions: try checkpoint.matrix(
        "\(root).embeddings.position_embedding.weight", rows: length, columns: w),
      normAfter: try Norm(
        "\(root).final_layer_norm", width: w, epsilon: shape.epsilon, from: checkpoint),
      pooling: .last,
      head: [
        try FrozenLinear(
          LinearNames("\(root).head"), outputs: projectionSize("\(root).head.weight"), inputs: w,
          from: checkpoint)
      ])
  }
}
