import Testing

@testable import FMEncoder

/// Facts of timm 1.0.31: the heads of an architecture with its width, and the function of its layers.
struct TimmArchitectureTests {
  @Test(arguments: [
    ("vit_base_patch16_224", 768, 12), ("vit_base_patch16_gap_224", 768, 16),
    ("vit_large_patch16_224", 1024, 16), ("vit_huge_patch14_224", 1280, 16),
    ("vit_giant_patch14_224", 1408, 16), ("vit_gigantic_patch14_224", 1664, 16),
    ("vit_giantopt_patch16_siglip_gap_256", 1536, 16),
    ("vit_giant_patch14_reg1_tipsv2", 1536, 24), ("vit_giant_patch14_dinov2", 1536, 24),
    ("vit_so400m_patch14_siglip_gap_224", 1152, 16), ("vit_large_patch14_reg4_dinov2", 1024, 16),
  ])
  func knowsHeads(name: String, width: Int, heads: Int) {
    #expect(width / TimmArchitecture(name: name).headSize == heads)
  }

  @Test(arguments: [
    ("vit_base_patch32_siglip_gap_256", "gelu_tanh"), ("vit_base_patch16_siglip_gap_224", "gelu"),
    ("vit_large_patch16_siglip_gap_512", "gelu_tanh"), ("vit_large_patch16_siglip_gap_256", "gelu"),
    ("vit_so400m_patch16_siglip_gap_256", "gelu_tanh"),
    ("vit_so400m_patch14_siglip_gap_384", "gelu"),
    ("vit_giantopt_patch16_siglip_gap_384", "gelu_tanh"), ("vit_base_patch32_224", "gelu"),
    ("vit_base_patch16_clip_quickgelu_224", "quick_gelu"),
  ])
  func knowsActivations(name: String, function: String) {
    #expect(TimmArchitecture(name: name).activation == function)
  }
}
