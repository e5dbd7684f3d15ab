import FMBase
import FMNumerics

/// A vision transformer of the timm library, inside a checkpoint of timm or open_clip. Its tensors
/// determine the sizes of its layers.
struct TimmTransformer {
  /// The architecture, such as `vit_large_patch16_224`.
  let name: String
  /// The common beginning of the names of its tensors.
  let prefix: String
  let checkpoint: Checkpoint
  let config: CheckpointConfig
  /// The number of attention heads, if the config tells.
  let heads: Int?
  /// How timm pools tokens: `token`, `avg`, or empty for the architecture's own way.
  let pool: String
  /// The name of the activation, if the config tells.
  var activation: String?

  private func has(_ name: String) -> Bool { checkpoint.has(prefix + name) }

  private func size(_ name: String, _ axis: Int) throws(FedMedError) -> Int {
    let shape = try checkpoint.shape(of: prefix + name)
    guard shape.indices.contains(axis), (1...65_536).contains(shape[axis]) else {
      throw config.fault("\(prefix + name) has shape \(shape)")
    }
    return shape[axis]
  }

  /// The size of an attention head, which no tensor tells.
  private func headSize() throws(FedMedError) -> Int {
    let parts = name.split(separator: "_")
    // Models with normalization after each part of a layer have the same tensors.
    guard parts.first == "vit", !parts.contains("rpn") else {
      throw config.fault(
        "architecture '\(printable(name))', expected a vision transformer (vit_…)")
    }
    return TimmArchitecture(name: name).headSize
  }

  private func shape() throws(FedMedError) -> TransformerShape {
    let width = try size("norm1.weight".inLayer(0), 0)
    var layers = 1
    while layers < TransformerShape.range.upperBound, has("norm1.weight".inLayer(layers)) {
      layers += 1
    }
    let inner = try size("mlp.fc2.weight".inLayer(0), 1)
    var isGated = has("mlp.fc1_g.weight".inLayer(0))
    if !isGated { isGated = try size("mlp.fc1.weight".inLayer(0), 0) == 2 * inner }
    let size = try headSize()
    return try TransformerShape(
      width: width, inner: inner, layers: layers, heads: heads ?? max(width / size, 1),
      // timm's models of CLIP, which normalize before the layers, have another ε than the others.
      epsilon: has("norm_pre.weight") ? 1e-5 : 1e-6,
      activation: try hiddenActivation(isGated: isGated), config: config)
  }

  /// The function of the layers, which the architecture's name tells if the config does not.
  private func hiddenActivation(
    isGated: Bool
  ) throws(FedMedError) -> TransformerKernels.HiddenActivation {
    let own = isGated ? "silu" : TimmArchitecture(name: name).activation
    switch (activation ?? own, isGated) {
    case ("silu", true): return .swiGLU
    case ("gelu", false): return .gelu
    case ("gelu_tanh", false): return .tanhGELU
    case ("quick_gelu", false): return .quickGELU
    case (let other, _): throw config.fault("act_layer '\(printable(other))' is not supported")
    }
  }

  /// Checks that all tensors are known: others belong to architectures with the same beginning of the
  /// name that compute something else.
  private func refuseOthers(_ layers: [TransformerBlock.Names]) throws(FedMedError) {
    let maps = layers.flatMap { [$0.attention, $0.output, $0.up, $0.down] }
    let norms = layers.flatMap { [$0.norm1, $0.norm2] }.flatMap { ["\($0).weight", "\($0).bias"] }
    let parts = maps.flatMap(\.parts).flatMap { [$0.weight, $0.bias].compactMap { $0 } }
    let scales = layers.flatMap { [$0.scale1, $0.scale2].compactMap { $0 } }
    let around = [
      "cls_token", "reg_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias",
      "norm_pre.weight", "norm_pre.bias", "norm.weight", "norm.bias", "fc_norm.weight",
      "fc_norm.bias",
    ].map { prefix + $0 }
    let known = Set(norms + parts + scales + around)
    let others = checkpoint.names.filter {
      $0.hasPrefix(prefix) && !known.contains($0) && !$0.hasPrefix(prefix + "head.")
    }
    if let other = others.sorted().first {
      throw config.fault(
        "architecture '\(printable(name))' has the unknown tensor \(printable(other))")
    }
  }

  private func names(_ layer: Int) -> TransformerBlock.Names {
    func full(_ name: String) -> String { prefix + name.inLayer(layer) }
    let isSplit = has("mlp.fc1_g.weight".inLayer(layer))
    return TransformerBlock.Names(
      norm1: full("norm1"),
      attention: LinearNames(full("attn.qkv"), hasBias: has("attn.qkv.bias".inLayer(layer))),
      output: LinearNames(full("attn.proj")), norm2: full("norm2"),
      up: isSplit
        ? LinearNames(full("mlp.fc1_g"), full("mlp.fc1_x")) : LinearNames(full("mlp.fc1")),
      down: LinearNames(full("mlp.fc2")),
      scale1: has("ls1.gamma".inLayer(layer)) ? full("ls1.gamma") : nil,
      scale2: has("ls2.gamma".inLayer(layer)) ? full("ls2.gamma") : nil)
  }

  /// Reads the transformer for images of `side` × `side` pixels.
  /// - Parameter projection: the projection of the pooled tokens, if any.
  /// - Throws: `badData` if tensors are missing or have unexpected sizes, or the architecture is not
  ///   supported.
  func layout(side: Int, projection: FrozenLinear?) throws(FedMedError) -> VisionLayout {
    let shape = try shape()
    let layers = (0..<shape.layers).map(names)
    try refuseOthers(layers)
    let (w, patch) = (shape.width, try size("patch_embed.proj.weight", 2))
    var prefix = Matrix(rows: 0, columns: w)
    let hasClassToken = has("cls_token")
    if hasClassToken {
      prefix = try checkpoint.matrix(self.prefix + "cls_token", rows: 1, columns: w)
    }
    if has("reg_token") { prefix = try prefix.above(registers(width: w)) }

    // Models with no_embed_class have positions for patches only.
    let count = try size("pos_embed", 1)
    let trained = Int(Double(count).squareRoot())
    let embedsPrefix = trained * trained != count
    let grid = embedsPrefix ? Int(Double(max(count - prefix.rows, 0)).squareRoot()) : trained
    guard grid * grid == count - (embedsPrefix ? prefix.rows : 0), grid >= 1 else {
      throw config.fault("\(self.prefix)pos_embed has \(count) positions, not a square of patches")
    }
    let grids = try PatchGrid(
      config, patch: patch, trainedSide: grid * patch, side: side)
    var positions = try checkpoint.matrix(self.prefix + "pos_embed", rows: count, columns: w)
    if embedsPrefix {
      prefix.add(positions.gathering(0..<prefix.rows))
      positions = positions.gathering(prefix.rows..<count)
    }
    func norm(_ name: String) throws(FedMedError) -> Norm {
      try Norm(self.prefix + name, width: w, epsilon: shape.epsilon, from: checkpoint)
    }
    let isNormPooled = has("fc_norm.weight") && !has("norm.weight")
    guard ["", "token", "avg"].contains(pool) else {
      throw config.fault("global_pool '\(printable(pool))', expected token or avg")
    }
    let isMean = pool == "avg" || pool.isEmpty && isNormPooled || !hasClassToken
    return VisionLayout(
      shape: shape, layers: layers, patch: patch, grid: grids.wanted,
      embedding: LinearNames(
        self.prefix + "patch_embed.proj", hasBias: has("patch_embed.proj.bias")),
      prefix: prefix, hasClassToken: hasClassToken,
      positions: PositionGrid.interpolate(
        positions, from: grids.trained, to: grids.wanted, isSmoothed: true),
      normBefore: has("norm_pre.weight") ? try norm("norm_pre") : nil,
      normAfter: try norm(isNormPooled ? "fc_norm" : "norm"), isNormPooled: isNormPooled,
      head: projection.map { .linear($0, isOfMean: isMean) },
      pooling: projection != nil ? .projection : isMean ? .mean : .classToken)
  }

  private func registers(width: Int) throws(FedMedError) -> Matrix {
    let count = try size("reg_token", 1)
    guard count <= 64 else { throw config.fault("\(count) registers, expected at most 64") }
    return try checkpoint.matrix(prefix + "reg_token", rows: count, columns: width)
  }
}

extension String {
  /// The name of a tensor inside a layer.
  fileprivate func inLayer(_ layer: Int) -> String { "blocks.\(layer).\(self)" }
}
