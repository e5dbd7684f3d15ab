import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMEncoder

extension Golden {
  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url(path)))
  }

  /// The golden image with a name such as "0-png", as in the goldens of the encoders.
  static func image(_ name: String) throws -> Raster {
    try ImageDecoder.decode(bytes("preprocess/\(name.replacing("-", with: "."))"))
  }
}

struct PreprocessingTests {
  /// Enlarged and reduced images in color and gray are equal, byte for byte, to those of Pillow.
  @Test func agreesWithPillow() throws {
    let text = String(decoding: try Golden.bytes("preprocess/expected.tsv"), as: UTF8.self)
    let table = try Table(text: text, file: "expected.tsv")
    #expect(table.rows.count == 22)
    for row in table.rows {
      let image = try ImageDecoder.decode(Golden.bytes("preprocess/\(row[0])"))
      var preprocessing = Preprocessing(
        resize: .shortestSide(224), resampling: .bicubic, side: 224, mean: [0, 0, 0],
        deviation: [1, 1, 1])
      if row[1] == "squash" {
        preprocessing.resize = .squash
        preprocessing.resampling = .bilinear
      }
      let sum = SHA256.hexadecimal(SHA256.digest(preprocessing.fit(image).pixels))
      #expect(sum == row[2], "\(row[0]) \(row[1])")
    }
  }

  @Test func padsLargeCropsWithBlack() {
    let image = Raster(width: 1, height: 3, pixels: [UInt8](repeating: 9, count: 9))
    let cropped = image.centerCrop(width: 2, height: 2)
    #expect(cropped.pixels == [0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9])
  }

  @Test func refusesCorruptedImages() throws {
    for name in ["0.png", "0.jpg"] {
      let whole = try Golden.bytes("preprocess/\(name)")
      for cut in [0, 1, 3, 8, 20, whole.count / 2] {
        #expect(failure { _ = try ImageDecoder.decode(Array(whole[..<cut])) }?.code == .badData)
      }
    }
    #expect(failure { _ = try ImageDecoder.decode(Array("hello".utf8)) }?.code == .badData)
  }

  /// The computed crop equals that of the whole resized image.
  @Test(arguments: [(300, 40), (40, 300), (224, 500), (90, 60)])
  func computesOnlyTheCrop(width: Int, height: Int) {
    let pixels = (0..<width * height * 3).map {
      UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7)
    }
    let image = Raster(width: width, height: height, pixels: pixels)
    let preprocessing = Preprocessing(
      resize: .shortestSide(96), resampling: .bicubic, side: 64, mean: [0, 0, 0],
      deviation: [1, 1, 1])
    let short = min(width, height)
    let whole = Resampling.bicubic.resize(
      image, width: width == short ? 96 : 96 * width / short,
      height: height == short ? 96 : 96 * height / short)
    #expect(preprocessing.fit(image) == whole.centerCrop(width: 64, height: 64))
  }

  /// A line of a million pixels would become 224 pixels high and 224 million wide.
  @Test func limitsMemoryForExtremeProportions() {
    let line = Raster(
      width: 1_000_000, height: 1, pixels: [UInt8](repeating: 100, count: 3_000_000))
    let preprocessing = Preprocessing(
      resize: .shortestSide(224), resampling: .bicubic, side: 224, mean: [0, 0, 0],
      deviation: [1, 1, 1])
    #expect(preprocessing.fit(line).pixels.allSatisfy { $0 == 100 })
  }

  /// The texts are part of checksums in feature archives: sites with other ones cannot take part.
  @Test func canonicalTextsNeverChange() {
    let squash = Preprocessing(
      resize: .squash, resampling: .bilinear, side: 224, mean: [0.5, 0.25, 1], deviation: [1, 2, 3])
    #expect(
      squash.canonicalText == "Preprocessing(resize: FMEncoder.Preprocessing.Resize.squash, "
        + "resampling: FMEncoder.Resampling.bilinear, side: 224, mean: [0.5, 0.25, 1.0], "
        + "deviation: [1.0, 2.0, 3.0])")
    let crop = Preprocessing(
      resize: .shortestSide(256), resampling: .bicubic, side: 224, mean: [], deviation: [])
    #expect(
      crop.canonicalText
        == "Preprocessing(resize: FMEncoder.Preprocessing.Resize.shortestSide(256), "
        + "resampling: FMEncoder.Resampling.bicubic, side: 224, mean: [], deviation: [])")
    #expect(
      GrayWindow(center: 40, width: 400.5).canonicalText
        == "GreyWindow(centre: 40.0, width: 400.5)")
  }
}
