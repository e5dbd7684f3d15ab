import Foundation
import Testing

@testable import FMBase
@testable import FMEncoder
@testable import FMNumerics

/// Invalid checkpoints and tokenizers of each kind are refused in one line.
struct HostileCheckpointTests {
  /// Copies a golden checkpoint, and replaces text in one of its files.
  private func copy(
    _ name: String, _ file: String, replacing old: String, with new: String
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let source = try Golden.url("encoders/\(name)")
    for entry in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where entry != "expect" {
      try FileManager.default.copyItem(
        at: source.appendingPathComponent(entry), to: folder.url.appendingPathComponent(entry))
    }
    let path = folder.url.appendingPathComponent(file)
    let text = try String(contentsOf: path, encoding: .utf8)
    #expect(text.contains(old), "\(name) \(file)")
    try Data(text.replacing(old, with: new).utf8).write(to: path)
    return folder
  }

  private func open(_ folder: TemporaryFolder) throws(FedMedError) {
    let encoder = try ImageEncoder(
      folder: folder.url.path, options: EncodingOptions(), isSquashed: false)
    if encoder.hasTexts { _ = try encoder.features(of: [["a"], ["b c"]]) }
  }

  @Test(
    arguments: [
      ("siglip", "config.json", "\"patch_size\": 16", "\"patch_size\": 0", "patch_size is 0"),
      ("siglip", "config.json", "\"image_size\": 64", "\"image_size\": 640", "image_size 640"),
      ("siglip", "config.json", "gelu_pytorch_tanh", "mish", "hidden_act 'mish'"),
      ("siglip", "config.json", "\"hidden_size\": 32", "\"hidden_size\": \"x\"", "wrong type"),
      ("siglip2", "tokenizer.json", "\"BPE\"", "\"WordLevel\"", "a WordLevel tokenizer"),
      ("siglip2", "tokenizer.json", "<0x41>", "<0xZZ>", "missing the token of byte 65"),
      ("siglip2", "tokenizer.json", "<eos>", "<end>", "missing the tokens <eos> and <pad>"),
      (
        "dinov3-vit", "config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5",
        "5 heads do not divide"
      ),
      ("dinov3-gated", "config.json", "\"silu\"", "\"gelu\"", "expected silu"),
      (
        "vit", "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
        "missing tensor encoder.layer.2."
      ),
      ("vit", "config.json", "\"vit\"", "\"swin\"", "model_type 'swin' (known: clip, "),
      (
        "vit", "preprocessor_config.json", "\"do_resize\": true", "\"do_resize\": false",
        "images would differ in size"
      ),
      ("timm-uni", "config.json", "vit_large_patch16_224", "resnet50", "architecture 'resnet50'"),
      ("timm-uni", "config.json", "vit_large", "vit_rpn_large", "architecture 'vit_rpn_large"),
      (
        "timm-uni", "config.json", "\"embed_dim\"", "\"act_layer\": \"mish\", \"embed_dim\"",
        "act_layer 'mish' is not supported"
      ),
      (
        "timm-uni", "config.json", "\"crop_mode\": \"center\"", "\"crop_mode\": \"border\"",
        "crop_mode 'border'"
      ),
      (
        "timm-uni", "config.json", "\"interpolation\": \"bilinear\"",
        "\"interpolation\": \"nearest\"", "interpolation 'nearest'"
      ),
      (
        "biomedclip", "open_clip_config.json", "cls_last_hidden_state_pooler", "x_pooler",
        "hf_pooler_type 'x_pooler'"
      ),
      (
        "biomedclip", "open_clip_config.json", "\"context_length\": 32",
        "\"context_length\": 4000", "context_length 4000"
      ),
      (
        "biomedclip", "open_clip_config.json", "timm_model_name", "layers",
        "without timm_model_name"
      ),
      ("biomedclip", "vocab.txt", "[CLS]", "[XXX]", "missing the token [CLS]"),
      (
        "dinov2-swiglu", "config.json", "\"mlp_ratio\": 4", "\"mlp_ratio\": 9",
        "expected "
      ),
    ])
  func refusesInvalidFiles(
    name: String, file: String, old: String, new: String, message: String
  ) throws {
    let folder = try copy(name, file, replacing: old, with: new)
    let error = try #require(failure { () throws(FedMedError) in try open(folder) })
    #expect(error.code == .badData)
    #expect(error.description.contains(message), "\(error.description)")
    #expect(!error.description.contains("\n"))
  }

  /// Weights that are not finite are named in every precision.
  @Test(arguments: Precision.allCases.filter(\.isSupported))
  func namesWeightsThatAreNotFinite(precision: Precision) throws {
    for name in [
      "encoder.layer.0.layernorm_before.weight", "encoder.layer.1.attention.attention.query.bias",
      "embeddings.patch_embeddings.projection.weight",
    ] {
      let folder = try copy("vit", "config.json", replacing: "vit", with: "vit")
      let path = folder.url.appendingPathComponent("model.safetensors")
      var bytes = [UInt8](try Data(contentsOf: path))
      let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let head = try #require(
        JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any])
      let entry = try #require(head[name] as? [String: Any])
      let offsets = try #require(entry["data_offsets"] as? [Int])
      // NaN in half precision.
      bytes[8 + length + offsets[0] + 1] = 0x7E
      try Data(bytes).write(to: path)
      let error = try #require(
        failure { () throws(FedMedError) in
          let encoder = try ImageEncoder(
            folder: folder.url.path, options: EncodingOptions(precision: precision),
            isSquashed: false)
          let image = Raster(width: 9, height: 9, pixels: [UInt8](repeating: 7, count: 243))
          _ = try encoder.vision.encode(
            [encoder.preprocessing.fit(image)], preprocessing: encoder.preprocessing)
        })
      #expect(error.description.contains("\(name): a weight is not finite"))
    }
  }

  @Test func refusesAnIndexWithoutFiles() throws {
    let folder = try copy("vit", "config.json", replacing: "vit", with: "vit")
    try FileManager.default.removeItem(atPath: folder.path("model.safetensors"))
    try Data(#"{"weight_map": {}}"#.utf8).write(
      to: URL(fileURLWithPath: folder.path("model.safetensors.index.json")))
    let error = failure { () throws(FedMedError) in try open(folder) }
    #expect(error?.description.hasSuffix("index.json: names no file") == true)
  }

  /// Sizes of 270 GB are compared with the tensors before memory is taken.
  @Test func comparesSizesBeforeTakingMemory() throws {
    let folder = try copy(
      "vit", "config.json", replacing: "\"hidden_size\": 32", with: "\"hidden_size\": 16384")
    let error = failure { () throws(FedMedError) in try open(folder) }
    #expect(error?.code == .badData)
  }

  /// A pickle is never read.
  @Test func namesPicklesWithoutReadingThem() throws {
    let folder = try copy("biomedclip", "vocab.txt", replacing: "[CLS]", with: "[CLS]")
    try FileManager.default.moveItem(
      atPath: folder.path("open_clip_model.safetensors"),
      toPath: folder.path("open_clip_pytorch_model.bin"))
    let error = try #require(failure { () throws(FedMedError) in try open(folder) })
    #expect(error.code == .noInput)
    #expect(error.description.contains("open_clip_pytorch_model.bin, a format that can run code"))
  }

  @Test func refusesMalformedSentencePieceModels() throws {
    let whole = try Golden.bytes("encoders/siglip/spiece.model")
    let folder = try TemporaryFolder()
    let path = folder.path("spiece.model")
    // Cut inside a piece, and inside the table of replacements; foreign bytes; an empty file.
    for bytes in [Array(whole[..<100]), Array(whole[..<50_000]), Array("hello".utf8), []] {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let error = failure { () throws(FedMedError) in
        _ = try SentencePieceTokenizer(folder: folder.url.path, length: 4)
      }
      #expect(error?.code == .badData)
      #expect(error?.file == path)
    }
  }

  /// A trie that points outside of itself ends the search for a replacement.
  @Test func survivesTriesThatPointOutside() throws {
    #expect(failure { () throws(FedMedError) in _ = try CharacterMap([1, 2]) }?.code == .badData)
    #expect(
      failure { () throws(FedMedError) in _ = try CharacterMap([8, 0, 0, 0, 1]) }?.code == .badData)
    let map = try CharacterMap([4, 0, 0, 0] + [255, 255, 255, 255] + [65, 0])
    #expect(map.replacement(Array("abc".utf8)[...]) == nil)
  }
}
