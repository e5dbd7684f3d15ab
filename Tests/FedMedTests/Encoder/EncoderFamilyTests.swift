import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMEncoder
@testable import FMNumerics

/// Small random checkpoints of all families, with the outputs of the libraries that they come from; see
/// Golden/README.md.
struct EncoderFamilyTests {
  struct Cases: Decodable {
    let texts: [String]?
    /// The SHA-256 of each image's preprocessed colors [3, side, side].
    let pixels: [String]
  }

  private static let folders = [
    "biomedclip", "biomedclip-b", "dinov2-swiglu", "dinov3-gated", "dinov3-vit", "rad-dino",
    "siglip",
    "siglip2", "timm-avg", "timm-uni", "timm-uni2", "vit", "vit-classifier", "vit-phikon",
  ]
  private static let images = ["0-png", "1-png", "4-png"]

  private func path(_ name: String) throws -> String { try Golden.url("encoders/\(name)").path }

  /// Returns the features of the images, with the checkpoint's own preprocessing.
  private func features(
    _ name: String, pooling: Pooling? = nil, layer: Int? = nil
  ) throws -> Matrix {
    let encoder = try ImageEncoder(
      folder: path(name), options: EncodingOptions(pooling: pooling, layer: layer),
      isSquashed: false)
    let images = try Self.images.map { encoder.preprocessing.fit(try Golden.image($0)) }
    return try encoder.vision.encode(images, preprocessing: encoder.preprocessing)
  }

  private func expected(_ name: String, _ array: String) throws -> Golden.Values? {
    let path = "encoders/\(name)/expect/\(array)"
    let url = try Golden.url("\(path).npy")
    return FileManager.default.fileExists(atPath: url.path) ? try Golden.array(path) : nil
  }

  @Test(arguments: folders) func featuresAgree(_ name: String) throws {
    let expected = try #require(try expected(name, "features"))
    #expect(relativeError(try features(name), expected) < 1e-4)
  }

  @Test(arguments: folders, [Pooling.classToken, .mean])
  func poolingsAgree(_ name: String, _ pooling: Pooling) throws {
    guard let expected = try expected(name, pooling.rawValue) else { return }
    #expect(relativeError(try features(name, pooling: pooling), expected) < 1e-4)
  }

  /// The tokens behind the first layer, through the final normalization.
  @Test(arguments: folders) func layersAgree(_ name: String) throws {
    guard let expected = try expected(name, "layer1") else { return }
    #expect(relativeError(try features(name, layer: 1), expected) < 1e-4)
  }

  @Test(arguments: ["siglip", "siglip2", "biomedclip", "biomedclip-b"])
  func textsAgree(_ name: String) throws {
    let cases: Cases = try Golden.json("encoders/\(name)/expect/cases.json")
    let texts = try #require(cases.texts)
    let expected = try #require(try expected(name, "text")).matrix
    let actual = try TextEncoder(folder: path(name)).encode(texts)
    // Before BERT's tokenizer, open_clip replaces rare characters such as the ligature in the last text.
    let rows = name.hasPrefix("biomedclip") ? 0..<texts.count - 1 : 0..<texts.count
    let (ours, theirs) = (actual.gathering(rows), expected.gathering(rows))
    #expect(relativeError(ours, Golden.Values(theirs)) < 1e-4)
  }

  /// Resized, cropped and normalized images are equal, bit for bit, to those of the libraries.
  @Test(arguments: folders) func colorsAgree(_ name: String) throws {
    let cases: Cases = try Golden.json("encoders/\(name)/expect/cases.json")
    let preprocessing = try Families.open(path(name)).preprocessing()
    for (image, sum) in zip(Self.images, cases.pixels) {
      let pixels = preprocessing.fit(try Golden.image(image)).pixels
      let colors = preprocessing.colors.values
      let values = (0..<3).flatMap { c in
        stride(from: c, to: pixels.count, by: 3).map { colors[c << 8 | Int(pixels[$0])] }
      }
      let bytes = values.withUnsafeBytes { Array($0) }
      #expect(SHA256.hexadecimal(SHA256.digest(bytes)) == sum, "\(name) \(image)")
    }
  }

  /// A vision tower alone, as transformers stores it since version 5: without the name of the part.
  @Test func readsAVisionTowerAlone() throws {
    let folder = try TemporaryFolder()
    let bytes = try Golden.bytes("encoders/siglip/model.safetensors")
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let head = String(decoding: bytes[8..<8 + length], as: UTF8.self)
      .replacing("\"vision_model.", with: "\"").utf8
    let size = (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) }
    try Data(size + head + bytes[(8 + length)...]).write(
      to: URL(fileURLWithPath: folder.path("model.safetensors")))
    let config = try #require(
      JSONSerialization.jsonObject(with: Data(Golden.bytes("encoders/siglip/config.json")))
        as? [String: Any])
    var vision = try #require(config["vision_config"] as? [String: Any])
    vision["model_type"] = "siglip_vision_model"
    try JSONSerialization.data(withJSONObject: vision).write(
      to: URL(fileURLWithPath: folder.path("config.json")))
    try FileManager.default.copyItem(
      atPath: path("siglip") + "/preprocessor_config.json",
      toPath: folder.path("preprocessor_config.json"))
    let encoder = try ImageEncoder(
      folder: folder.url.path, options: EncodingOptions(), isSquashed: false)
    let images = try Self.images.map { encoder.preprocessing.fit(try Golden.image($0)) }
    #expect(
      try encoder.vision.encode(images, preprocessing: encoder.preprocessing)
        == features("siglip"))
    #expect(!encoder.hasTexts)
  }

  /// The class token, followed by the mean of the patches.
  @Test func joinsClassTokenAndMean() throws {
    let both = try features("vit", pooling: .classTokenAndMean)
    let parts = try features("vit", pooling: .classToken).beside(features("vit", pooling: .mean))
    #expect(both == parts)
  }
}
