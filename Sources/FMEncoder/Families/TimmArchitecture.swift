/// What the name of an architecture of timm tells, where no tensor and no config does (timm 1.0.31,
/// vision_transformer.py).
struct TimmArchitecture {
  /// The name, such as `vit_large_patch16_224`.
  let name: String

  /// The size of an attention head, 64 unless the name is in one of the tables.
  var headSize: Int {
    if let size = Self.ownSizes.first(where: { name.hasPrefix($0.key) })?.value { return size }
    if name.contains("dinov2") || name.contains("tipsv2") { return 64 }
    let parts = name.split(separator: "_")
    return parts.count > 1 ? Self.sizes[String(parts[1])] ?? 64 : 64
  }

  /// The function of layers that are not gated.
  var activation: String {
    if name.contains("quickgelu") { return "quick_gelu" }
    let isTanh =
      name.contains("siglip")
      && (Self.tanhModels.contains { name.hasPrefix($0) }
        || name.hasPrefix("vit_large_patch16_siglip") && name.contains("512"))
    return isTanh ? "gelu_tanh" : "gelu"
  }

  private static let sizes = [
    "huge": 80, "giant": 88, "giantopt": 96, "gigantic": 104, "so400m": 72,
  ]
  private static let ownSizes = ["vit_base_patch16_gap_224": 48]
  private static let tanhModels = ["vit_so400m_patch16", "vit_base_patch32", "vit_giantopt"]
}
