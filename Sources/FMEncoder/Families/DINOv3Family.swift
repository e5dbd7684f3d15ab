import FMBase
import FMNumerics

/// DINOv3's vision transformers (Siméoni et al., 2025) as Hugging Face's transformers library stores
/// them.
struct DINOv3Family: EncoderFamily {
  static let modelTypes = ["dinov3_vit"]

  let config: CheckpointConfig
  let checkpoint: Checkpoint

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint(prefixes: ["dinov3_vit.", "model."])
  }

  /// The names of a layer's tensors, with the biases that the config tells.
  private func names(
    _ layer: String, isGated: Bool
  ) throws(FedMedError) -> TransformerBlock.Names {
    func linear(_ name: String, _ key: String, _ fallback: Bool) throws(FedMedError) -> (
      weight: String, bias: String?
    ) {
      (
        "\(layer).\(name).weight",
        try config.flag(key, default: fallback) ? "\(layer).\(name).bias" : nil
      )
    }
    func mlp(_ name: String) throws(FedMedError) -> (weight: String, bias: String?) {
      try linear("mlp.\(name)", "mlp_bias", true)
    }
    return TransformerBlock.Names(
      norm1: "\(layer).norm1",
      attention: LinearNames(parts: [
        try linear("attention.q_proj", "query_bias", true),
        try linear("attention.k_proj", "key_bias", false),
        try linear("attention.v_proj", "value_bias", true),
      ]),
      output: LinearNames(parts: [try linear("attention.o_proj", "proj_bias", true)]),
      norm2: "\(layer).norm2",
      up: LinearNames(
        parts: isGated ? [try mlp("gate_proj"), try mlp("up_proj")] : [try mlp("up_proj")]),
      down: LinearNames(parts: [try mlp("down_proj")]),
      scale1: "\(layer).layer_scale1.lambda1", scale2: "\(layer).layer_scale2.lambda1")
  }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let isGated = try config.flag("use_gated_mlp", default: false)
    let function = try config.text("hidden_act") ?? "gelu"
    guard !isGated || function == "silu" else {
      throw config.fault("hidden_act '\(printable(function))' with use_gated_mlp, expected silu")
    }
    let shape = try TransformerShape(
      config, defaults: (width: 384, inner: 1536, heads: 6, epsilon: 1e-5, activation: "gelu"),
      activation: isGated ? .swiGLU : nil)
    let w = shape.width
    let patch = try config.integer("patch_size", default: 16, in: 1...2048)
    // Rotary positions fit every grid.
    let grid = try PatchGrid(config, patch: patch, trainedSide: side, side: side).wanted
    let size = w / shape.heads
    guard size % 4 == 0 else {
      throw config.fault("heads of size \(size), expected a multiple of 4")
    }
    var prefix = try checkpoint.matrix("embeddings.cls_token", rows: 1, columns: w)
    if try config.integer("num_register_tokens", default: 0, in: 0...64) > 0 {
      prefix = try prefix.above(registers("embeddings.register_tokens", width: w))
    }
    var layers: [TransformerBlock.Names] = []
    for layer in 0..<shape.layers { layers.append(try names("layer.\(layer)", isGated: isGated)) }
    return VisionLayout(
      shape: shape, layers: layers, patch: patch, grid: grid,
      embedding: LinearNames("embeddings.patch_embeddings"),
      prefix: prefix,
      rotation: RotaryPositions(
        grid: grid, size: size,
        base: try config.number("rope_theta", default: 100, in: 1...1e6), prefix: prefix.rows),
      normAfter: try Norm("norm", width: w, epsilon: shape.epsilon, from: checkpoint),
      pooling: .classToken)
  }
}
