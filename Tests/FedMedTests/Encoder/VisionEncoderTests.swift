import Foundation
import Testing

@testable import FMArchive
@testable import FMEncoder
@testable import FMMetrics
@testable import FMNumerics

struct VisionEncoderTests {
  struct Cases: Decodable {
    let images: [String]
  }

  /// The features of the folder's images, with the folder's own preprocessing.
  func features(_ folder: String, mean: [Float], deviation: [Float]) throws -> Matrix {
    let cases: Cases = try Golden.json("\(folder)/expect/cases.json")
    let preprocessing = Preprocessing(
      resize: .shortestSide(224), resampling: .bicubic, side: 224, mean: mean,
      deviation: deviation)
    let encoder = try VisionEncoder(folder: Golden.url(folder).path, side: 224)
    return try encoder.encode(
      cases.images.map { preprocessing.fit(try Golden.image($0)) }, preprocessing: preprocessing)
  }

  /// Compares with CLIP of transformers, with half-precision weights and single-precision
  /// arithmetic.
  @Test func agreesWithCLIP() throws {
    let actual = try features(
      "clip-tiny", mean: [0.48145466, 0.4578275, 0.40821073],
      deviation: [0.26862954, 0.26130258, 0.27577711])
    let expected = try Golden.array("clip-tiny/expect/image_features")
    #expect(relativeError(actual, expected) < 1e-3)
  }

  /// Compares with DINOv2 of transformers, with positions interpolated from 5 × 5 to 16 × 16.
  @Test func agreesWithDINOv2() throws {
    let (mean, deviation): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let actual = try features("dinov2-tiny", mean: mean, deviation: deviation)
    let expected = try Golden.array("dinov2-tiny/expect/image_features")
    #expect(relativeError(actual, expected) < 1e-4)
  }

  /// A classifier built on the encoder has its tensors under another name; a config may omit the
  /// defaults of transformers.
  @Test func acceptsOtherTensorNamesAndShortConfigs() throws {
    let folder = try TemporaryFolder()
    let bytes = try Golden.bytes("dinov2-tiny/model.safetensors")
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let head = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    let renamed = Array(
      head.replacing("\"embeddings.", with: "\"dinov2.embeddings.")
        .replacing("\"encoder.", with: "\"dinov2.encoder.")
        .replacing("\"layernorm.", with: "\"dinov2.layernorm.").utf8)
    #expect(renamed.count > length)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: renamed.count >> (8 * $0)) }
    try Data(prefix + renamed + bytes[(8 + length)...]).write(
      to: URL(fileURLWithPath: folder.path("model.safetensors")))
    var config = try #require(
      JSONSerialization.jsonObject(with: Data(Golden.bytes("dinov2-tiny/config.json")))
        as? [String: Any])
    for key in ["hidden_act", "layer_norm_eps", "use_swiglu_ffn", "model_type"] {
      config[key] = nil
    }
    config["model_type"] = "dinov2"
    try JSONSerialization.data(withJSONObject: config).write(
      to: URL(fileURLWithPath: folder.path("config.json")))
    let preprocessing = Preprocessing(
      resize: .squash, resampling: .bilinear, side: 224, mean: [0, 0, 0], deviation: [1, 1, 1])
    let image = preprocessing.fit(try Golden.image("0-png"))
    func features(_ path: String) throws -> Matrix {
      try VisionEncoder(folder: path, side: 224).encode(
        [image], preprocessing: preprocessing)
    }
    #expect(try features(folder.url.path) == features(Golden.url("dinov2-tiny").path))
  }

  /// Compares with PyTorch's bicubic interpolation with antialiasing, which models with registers
  /// use.
  @Test func smoothedPositionsAgreeWithPyTorch() {
    let positions = Matrix(rows: 25, columns: 1, elements: (0..<25).map { Float($0 * 7 % 11) })
    let expected: [Int: [Float]] = [
      3: [3.81467, 5.36379, 6.61041, 3.28594, 5.07866, 5.58519, 5.38746, 4.18032, 3.8587],
      7: [-0.52427, 4.06632, 6.20301, 2.8835, 8.89697, 8.98825, 5.61316, 0.53578],
    ]
    for (to, values) in expected {
      let result = PositionGrid.interpolate(positions, from: 5, to: to, isSmoothed: true)
      for (ours, theirs) in zip(result.elements, values) { #expect(abs(ours - theirs) < 2e-5) }
    }
  }
}
