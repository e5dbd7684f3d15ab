import FMBase
import FMNumerics

/// A model of the open_clip library with a vision transformer of timm and a text transformer of
/// Hugging Face's library, described by open_clip_config.json; BiomedCLIP is one.
struct OpenCLIPFamily: EncoderFamily {
  let config: CheckpointConfig
  let checkpoint: Checkpoint
  private let visionConfig: CheckpointConfig
  private let textConfig: CheckpointConfig

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint("open_clip_model")
    guard let model = try config.object("model_cfg"), let vision = try model.object("vision_cfg"),
      let text = try model.object("text_cfg")
    else { throw config.fault("missing model_cfg with vision_cfg and text_cfg") }
    (visionConfig, textConfig) = (vision, text)
    guard vision.has("timm_model_name") else {
      throw FedMedError(
        .badData, "a model without timm_model_name", file: config.path,
        hint: "use the checkpoint in Hugging Face's layout, with config.json and model.safetensors")
    }
  }

  var hasTexts: Bool { true }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let kind = try visionConfig.text("timm_proj") ?? "linear"
    guard kind == "linear" else {
      throw config.fault("timm_proj '\(printable(kind))', expected linear")
    }
    let projection = "visual.head.proj"
    let weight = "\(projection).weight"
    let size = try projectionSize(weight)
    let width = try checkpoint.shape(of: weight).last ?? 0
    let hasBias = checkpoint.has("\(projection).bias")
    return try TimmTransformer(
      name: visionConfig.text("timm_model_name") ?? "", prefix: "visual.trunk.",
      checkpoint: checkpoint, config: config, heads: nil,
      pool: visionConfig.text("timm_pool") ?? "avg"
    ).layout(
      side: side,
      projection: FrozenLinear(
        LinearNames(projection, hasBias: hasBias), outputs: size, inputs: width, from: checkpoint))
  }

  func preprocessing() throws(FedMedError) -> Preprocessing {
    let own = try config.object("preprocess_cfg")
    let side = try visionConfig.integer("image_size", default: 224, in: 1...2048)
    let interpolation = try own?.text("interpolation") ?? "bicubic"
    let filters: [String: Resampling] = ["bilinear": .bilinear, "bicubic": .bicubic]
    guard let filter = filters[interpolation] else {
      throw config.fault("interpolation '\(printable(interpolation))' is not supported")
    }
    let resize: Preprocessing.Resize
    switch try own?.text("resize_mode") ?? "shortest" {
    case "shortest": resize = .shortestSide(side)
    case "squash": resize = .squash
    case let mode:
      throw config.fault("resize_mode '\(printable(mode))', expected shortest or squash")
    }
    return try Preprocessing(
      resize: resize, resampling: filter, side: side,
      mean: own?.numbers("mean") ?? Preprocessing.openAI.mean,
      deviation: own?.numbers("std") ?? Preprocessing.openAI.deviation, style: .torchvision,
      config: config)
  }

  private static func names(_ layer: String) -> TransformerBlock.Names {
    let attention = "\(layer).attention.self"
    return TransformerBlock.Names(
      norm1: "\(layer).attention.output.LayerNorm",
      attention: LinearNames(
        "\(attention).query", "\(attention).key", "\(attention).value"),
      output: LinearNames("\(layer).attention.output.dense"), norm2: "\(layer).output.LayerNorm",
      up: LinearNames("\(layer).intermediate.dense"), down: LinearNames("\(layer).output.dense"))
  }

  func text() throws(FedMedError) -> TextLayout {
    let root = "text.transformer"
    let table = "\(root).embeddings.word_embeddings.weight"
    let width = try checkpoint.shape(of: table).last ?? 0
    let inner = try checkpoint.shape(of: "\(root).encoder.layer.0.intermediate.dense.weight")
    var layers = 1
    while layers < TransformerShape.range.upperBound,
      checkpoint.has("\(root).encoder.layer.\(layers).output.dense.weight")
    { layers += 1 }
    // Heads of 64, as in all of BERT's sizes: the config of the text transformer is not part of the
    // checkpoint.
    var shape = try TransformerShape(
      width: width, inner: inner.first ?? 0, layers: layers, heads: max(width / 64, 1),
      epsilon: 1e-12, activation: .gelu, config: config)
    shape.isPostNorm = true
    let poolings: [String: TextLayout.Pooling] = [
      "cls_last_hidden_state_pooler": .first, "mean_pooler": .mean,
    ]
    let pooler = try textConfig.text(firstOf: ["hf_pooler_type", "pooler_type"]) ?? "mean_pooler"
    guard let pooling = poolings[pooler] else {
      throw config.fault("hf_pooler_type '\(printable(pooler))' is not supported")
    }
    let length = try textConfig.integer("context_length", default: 77, in: 2...4096)
    let stored = try checkpoint.shape(of: "\(root).embeddings.position_embeddings.weight")
    guard let count = stored.first, count >= length, count <= 65_536 else {
      throw config.fault(
        "context_length \(length), the checkpoint has positions of shape \(stored)")
    }
    var positions = try checkpoint.matrix(
      "\(root).embeddings.position_embeddings.weight", rows: count, columns: width
    ).gathering(0..<length)
    positions.add(
      toEachBlock: try checkpoint.rows(
        [0], of: "\(root).embeddings.token_type_embeddings.weight", columns: width))
    return TextLayout(
      shape: shape, layers: (0..<layers).map { Self.names("\(root).encoder.layer.\($0)") },
      tokenizer: try WordPieceTokenizer(folder: folder, length: length), table: table,
      positions: positions,
      normBefore: try Norm(
        "\(root).embeddings.LayerNorm", width: width, epsilon: shape.epsilon, from: checkpoint),
      pooling: pooling, head: try projection(width))
  }

  /// The projection of the texts: one linear map, or two with GELU between.
  private func projection(_ width: Int) throws(FedMedError) -> [FrozenLinear] {
    func map(_ name: String, _ inputs: Int) throws(FedMedError) -> FrozenLinear {
      try FrozenLinear(
        LinearNames(name, hasBias: checkpoint.has("\(name).bias")),
        outputs: projectionSize("\(name).weight"), inputs: inputs, from: checkpoint)
    }
    if checkpoint.has("text.proj.weight") { return [try map("text.proj", width)] }
    let first = try map("text.proj.0", width)
    return [first, try map("text.proj.2", first.outputs)]
  }
}
