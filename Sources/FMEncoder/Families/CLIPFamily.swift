import FMBase
import FMNumerics

/// CLIP (Radford et al., 2021) as Hugging Face's transformers library stores it.
struct CLIPFamily: EncoderFamily {
  static let modelTypes = ["clip", "clip_vision_model"]

  let config: CheckpointConfig
  let checkpoint: Checkpoint
  /// The configs of the two towers; a vision tower alone has its values at the top.
  private let visionConfig: CheckpointConfig
  private let textConfig: CheckpointConfig?

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint(prefixes: ["clip."])
    visionConfig = try config.object("vision_config") ?? config
    textConfig = try config.object("text_config")
  }

  var hasTexts: Bool { textConfig != nil && checkpoint.has("text_projection.weight") }

  /// The names of a layer's tensors; SigLIP's are the same.
  static func names(_ layer: String) -> TransformerBlock.Names {
    let attention = "\(layer).self_attn"
    return TransformerBlock.Names(
      norm1: "\(layer).layer_norm1",
      attention: LinearNames("\(attention).q_proj", "\(attention).k_proj", "\(attention).v_proj"),
      output: LinearNames("\(attention).out_proj"), norm2: "\(layer).layer_norm2",
      up: LinearNames("\(layer).mlp.fc1"), down: LinearNames("\(layer).mlp.fc2"))
  }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let shape = try TransformerShape(
      visionConfig,
      defaults: (width: 768, inner: 3072, heads: 12, epsilon: 1e-5, activation: "quick_gelu"))
    let w = shape.width
    // A vision tower alone is stored with or without the name of its part.
    let root = checkpoint.has("embeddings.patch_embedding.weight") ? "" : "vision_model."
    let grid = try PatchGrid(visionConfig, defaultPatch: 32, side: side, isFixed: true)
    let positions = try checkpoint.matrix(
      "\(root)embeddings.position_embedding.weight", rows: 1 + grid.trained * grid.trained,
      columns: w)
    var classToken = try checkpoint.matrix(
      "\(root)embeddings.class_embedding", rows: 1, columns: w)
    classToken.add(positions.gathering(0..<1))
    func norm(_ name: String) throws(FedMedError) -> Norm {
      try Norm("\(root)\(name)", width: w, epsilon: shape.epsilon, from: checkpoint)
    }
    let projection = "visual_projection"
    let head: VisionLayout.Head? =
      checkpoint.has("\(projection).weight")
      ? .linear(
        try FrozenLinear(
          LinearNames(projection, hasBias: false),
          outputs: projectionSize("\(projection).weight"), inputs: w, from: checkpoint),
        isOfMean: false) : nil
    return VisionLayout(
      shape: shape,
      layers: (0..<shape.layers).map { Self.names("\(root)encoder.layers.\($0)") },
      patch: grid.patch, grid: grid.wanted,
      embedding: LinearNames("\(root)embeddings.patch_embedding", hasBias: false),
      prefix: classToken, positions: positions.gathering(1..<positions.rows),
      normBefore: try norm("pre_layrnorm"), normAfter: try norm("post_layernorm"),
      head: head, pooling: head == nil ? .classToken : .projection)
  }

  func text() throws(FedMedError) -> TextLayout {
    guard let config = textConfig else { throw self.config.fault("missing text_config") }
    var shape = try TransformerShape(
      config,
      defaults: (width: 512, inner: 2048, heads: 8, epsilon: 1e-5, activation: "quick_gelu"))
    shape.isCausal = true
    let (w, root, length) = (shape.width, "text_model", CLIPTokenizer.length)
    _ = try config.integer("max_position_embeddings", default: length, in: length...length)
    return TextLayout(
      shape: shape,
      layers: (0..<shape.layers).map { Self.names("\(root).encoder.layers.\($0)") },
      tokenizer: try CLIPTokenizer(folder: folder),
      table: "\(root).embeddings.token_embedding.weight",
      positions: try checkpoint.matrix(
        "\(root).embeddings.position_embedding.weight", rows: length, columns: w),
      normAfter: try Norm(
        "\(root).final_layer_norm", width: w, epsilon: shape.epsilon, from: checkpoint),
      pooling: .end,
      head: [
        try FrozenLinear(
          LinearNames("text_projection", hasBias: false),
          outputs: projectionSize("text_projection.weight"), inputs: w, from: checkpoint)
      ])
  }
}
