import Foundation
import Testing

@testable import FedMed

extension Golden {
  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url(path)))
  }

  /// The golden images by name ("0-png"), as the encoders' goldens see them.
  static func image(_ name: String) throws -> Raster {
    try ImageDecoder.decode(bytes("preprocess/\(name.replacing("-", with: "."))"))
  }
}

struct PreprocessingTests {
  /// Byte for byte what Pillow makes of PNG and JPEG, colour and grey, growing and shrinking.
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

  @Test func cropsLargerThanTheImageArePaddedWithBlack() {
    let image = Raster(width: 1, height: 3, pixels: [UInt8](repeating: 9, count: 9))
    let cropped = image.centreCrop(width: 2, height: 2)
    #expect(cropped.pixels == [0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9])
  }

  @Test func damagedImagesAreRefused() throws {
    for name in ["0.png", "0.jpg"] {
      let whole = try Golden.bytes("preprocess/\(name)")
      for cut in [0, 1, 3, 8, 20, whole.count / 2] {
        #expect(failure { _ = try ImageDecoder.decode(Array(whole[..<cut])) }?.code == .badData)
      }
    }
    #expect(failure { _ = try ImageDecoder.decode(Array("hello".utf8)) }?.code == .badData)
  }
}
