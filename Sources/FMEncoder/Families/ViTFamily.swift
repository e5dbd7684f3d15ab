import FMBase
import FMNumerics

/// The vision transformer of Dosovitskiy et al. (2021) as Hugging Face's transformers library stores
/// it, with or without a pooler or a classifier, which are not used; Phikon is one.
struct ViTFamily: EncoderFamily {
  static let modelTypes = ["vit"]

  let config: CheckpointConfig
  let checkpoint: Checkpoint

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint(prefixes: ["vit."])
  }

  private static func names(_ layer: String, hasBias: Bool) -> TransformerBlock.Names {
    let attention = "\(layer).attention.attention"
    return TransformerBlock.Names(
      norm1: "\(layer).layernorm_before",
      attention: LinearNames(
        "\(attention).query", "\(attention).key", "\(attention).value", hasBias: hasBias),
      output: LinearNames("\(layer).attention.output.dense"), norm2: "\(layer).layernorm_after",
      up: LinearNames("\(layer).intermediate.dense"), down: LinearNames("\(layer).output.dense"))
  }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let shape = try TransformerShape(
      config, defaults: (width: 768, inner: 3072, heads: 12, epsilon: 1e-12, activation: "gelu"))
    let w = shape.width
    let hasBias = try config.flag("qkv_bias", default: true)
    let grid = try PatchGrid(config, defaultPatch: 16, side: side)
    let positions = try checkpoint.matrix(
      "embeddings.position_embeddings", rows: 1 + grid.trained * grid.trained, columns: w)
    var classToken = try checkpoint.matrix("embeddings.cls_token", rows: 1, columns: w)
    classToken.add(positions.gathering(0..<1))
    return VisionLayout(
      shape: shape,
      layers: (0..<shape.layers).map { Self.names("encoder.layer.\($0)", hasBias: hasBias) },
      patch: grid.patch, grid: grid.wanted,
      embedding: LinearNames("embeddings.patch_embeddings.projection"),
      prefix: classToken,
      positions: PositionGrid.interpolate(
        positions.gathering(1..<positions.rows), from: grid.trained, to: grid.wanted,
        isSmoothed: false),
      normAfter: try Norm("layernorm", width: w, epsilon: shape.epsilon, from: checkpoint),
      pooling: .classToken)
  }
}
