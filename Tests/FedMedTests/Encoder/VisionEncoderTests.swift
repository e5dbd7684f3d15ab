import Foundation
import Testing

@testable import FedMed

struct VisionEncoderTests {
  struct Cases: Decodable {
    let images: [String]
  }

  /// The folder's images as the folder's own preprocessing has them.
  func features(_ folder: String, threads: Int, mean: [Float], deviation: [Float]) throws -> Matrix
  {
    let cases: Cases = try Golden.json("\(folder)/expect/cases.json")
    let preprocessing = Preprocessing(
      resize: .shortestSide(224), resampling: .bicubic, side: 224, mean: mean,
      deviation: deviation)
    let encoder = try VisionEncoder(folder: Golden.url(folder).path, side: 224)
    return try encoder.encode(
      cases.images.map { preprocessing.fit(try Golden.image($0)) }, preprocessing: preprocessing,
      threads: threads)
  }

  /// transformers' CLIP with half-precision weights and single-precision arithmetic.
  @Test func agreesWithCLIP() throws {
    let actual = try features(
      "clip-tiny", threads: 2, mean: [0.48145466, 0.4578275, 0.40821073],
      deviation: [0.26862954, 0.26130258, 0.27577711])
    let expected = try Golden.array("clip-tiny/expect/image_features")
    #expect(relativeError(actual, expected) < 1e-3)
  }

  /// transformers' DINOv2, positions interpolated from 5 × 5 to 16 × 16.
  @Test func agreesWithDINOv2() throws {
    let (mean, deviation): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let actual = try features("dinov2-tiny", threads: 1, mean: mean, deviation: deviation)
    let expected = try Golden.array("dinov2-tiny/expect/image_features")
    #expect(relativeError(actual, expected) < 1e-4)
    #expect(try features("dinov2-tiny", threads: 2, mean: mean, deviation: deviation) == actual)
  }
}
