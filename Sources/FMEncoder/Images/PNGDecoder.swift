import CPNG
import FMBase
import Glibc

/// PNG decoding by libpng. Colors are used as stored, as in Pillow: gamma, color profiles and
/// transparency are ignored.
enum PNGDecoder {
  /// The first bytes of every PNG file.
  package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Decodes an image, and turns it upright.
  /// - Throws: `badData` if it is invalid or too large.
  package static func decode(_ bytes: [UInt8], windows: [GrayWindow]) throws(FedMedError) -> Raster
  {
    var image = png_pixels()
    let isRead =
      png_decode(
        bytes, bytes.count, UInt64(ImageDecoder.largestPixels), UInt64(ImageDecoder.largestBytes),
        &image) == 1
    defer { free(image.data) }
    guard isRead, let start = image.data else {
      let reason = withUnsafeBytes(of: image.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw FedMedError(.badData, printable(reason.lowercased()))
    }
    let (width, height) = (Int(image.width), Int(image.height))
    let samples = width * height * Int(image.channels)
    let data = UnsafeRawBufferPointer(start: start, count: samples * Int(image.depth) / 8)
    func word(_ index: Int) -> UInt16 {
      data.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
    }
    let raster: Raster
    switch (image.depth, image.channels) {
    case (16, 1):
      raster = WideGray(width: width, height: height) { Int32(word($0)) }.raster(windows)
    case (16, _):
      // Keep the upper 8 of 16 bits, as Pillow does.
      raster = Raster(
        width: width, height: height, pixels: (0..<samples).map { UInt8(word($0) >> 8) })
    case (_, 1):
      var pixels = [UInt8](repeating: 0, count: samples * 3)
      for i in 0..<samples { for c in 0..<3 { pixels[3 * i + c] = data[i] } }
      raster = Raster(width: width, height: height, pixels: pixels)
    default: raster = Raster(width: width, height: height, pixels: Array(data))
    }
    return Orientation.upright(raster, orientation: orientation(bytes))
  }

  /// Returns the orientation in the eXIf chunk; 1 if there is none.
  private static func orientation(_ bytes: [UInt8]) -> Int {
    var offset = signature.count
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = min(offset + 8 + length, bytes.count)
      if bytes[offset + 4..<offset + 8].elementsEqual("eXIf".utf8) {
        return Orientation.tag(Array(bytes[offset + 8..<end]))
      }
      offset += 12 + length
    }
    return 1
  }
}
