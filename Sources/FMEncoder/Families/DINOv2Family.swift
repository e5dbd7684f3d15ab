import FMBase
import FMNumerics

/// DINOv2 (Oquab et al., 2023), with or without registers, as Hugging Face's transformers library
/// stores it; RAD-DINO and Phikon-v2 are two.
struct DINOv2Family: EncoderFamily {
  static let modelTypes = ["dinov2", "dinov2_with_registers"]

  let config: CheckpointConfig
  let checkpoint: Checkpoint

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint(prefixes: ["dinov2.", "dinov2_with_registers."])
  }

  private func shape() throws(FedMedError) -> TransformerShape {
    let width = try config.integer("hidden_size", default: 768, in: TransformerShape.range)
    let inner = Int(Double(width) * (try config.number("mlp_ratio", default: 4, in: 0.1...16)))
    let isGated = try config.flag("use_swiglu_ffn", default: false)
    return try TransformerShape(
      config, defaults: (width: 768, inner: 0, heads: 12, epsilon: 1e-6, activation: "gelu"),
      // Two thirds of the width, rounded up to a multiple of 8.
      inner: isGated ? (inner * 2 / 3 + 7) / 8 * 8 : inner, activation: isGated ? .swiGLU : nil)
  }

  private static func names(
    _ layer: String, isGated: Bool, hasBias: Bool
  ) -> TransformerBlock.Names {
    let attention = "\(layer).attention.attention"
    return TransformerBlock.Names(
      norm1: "\(layer).norm1",
      attention: LinearNames(
        "\(attention).query", "\(attention).key", "\(attention).value", hasBias: hasBias),
      output: LinearNames("\(layer).attention.output.dense"), norm2: "\(layer).norm2",
      up: LinearNames("\(layer).mlp.\(isGated ? "weights_in" : "fc1")"),
      down: LinearNames("\(layer).mlp.\(isGated ? "weights_out" : "fc2")"),
      scale1: "\(layer).layer_scale1.lambda1", scale2: "\(layer).layer_scale2.lambda1")
  }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let shape = try shape()
    let w = shape.width
    let grid = try PatchGrid(config, defaultPatch: 14, side: side)
    let positions = try checkpoint.matrix(
      "embeddings.position_embeddings", rows: 1 + grid.trained * grid.trained, columns: w)
    var prefix = try checkpoint.matrix("embeddings.cls_token", rows: 1, columns: w)
    prefix.add(positions.gathering(0..<1))
    let hasBias = try config.flag("qkv_bias", default: true)
    let registers = "embeddings.register_tokens"
    if checkpoint.has(registers),
      try config.integer("num_register_tokens", default: 4, in: 0...64) > 0
    {
      prefix = try prefix.above(self.registers(registers, width: w))
    }
    return VisionLayout(
      shape: shape,
      layers: (0..<shape.layers).map {
        Self.names("encoder.layer.\($0)", isGated: shape.activation.isGated, hasBias: hasBias)
      },
      patch: grid.patch, grid: grid.wanted,
      embedding: LinearNames("embeddings.patch_embeddings.projection"),
      prefix: prefix,
      positions: PositionGrid.interpolate(
        positions.gathering(1..<positions.rows), from: grid.trained, to: grid.wanted,
        isSmoothed: try config.text("model_type") == "dinov2_with_registers"),
      normAfter: try Norm("layernorm", width: w, epsilon: shape.epsilon, from: checkpoint),
      pooling: .classToken)
  }
}

extension EncoderFamily {
  /// Reads the registers, tokens that belong to no patch.
  /// - Parameter name: the name of a tensor [1, r, w].
  /// - Throws: `badData` if it is missing or has another shape.
  func registers(_ name: String, width: Int) throws(FedMedError) -> Matrix {
    let shape = try checkpoint.shape(of: name)
    guard shape.count == 3, (1...64).contains(shape[1]) else {
      throw config.fault("\(name) has shape \(shape), expected [1, 1 to 64, \(width)]")
    }
    return try checkpoint.matrix(name, rows: shape[1], columns: width)
  }
}
