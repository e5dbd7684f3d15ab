import Testing

@testable import FMEncoder

struct OrientationTests {
  /// The beginning of a JPEG with an EXIF directory of one entry.
  func header(_ orientation: UInt8, little: Bool) -> [UInt8] {
    let tiff: [UInt8] =
      little
      ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
      : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
    let exif = Array("Exif".utf8) + [0, 0] + tiff
    return [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
      + [0xFF, 0xDA]
  }

  @Test(arguments: [true, false])
  func readsTheOrientation(little: Bool) {
    for value in UInt8(1)...8 {
      #expect(Orientation.read(header(value, little: little)) == Int(value))
    }
    #expect(Orientation.read(header(9, little: little)) == 1)
    let whole = header(6, little: little)
    for cut in 0..<whole.count - 2 {
      #expect([1, 6].contains(Orientation.read(Array(whole[..<cut]))))
    }
  }

  /// A row of two pixels, 1 and 2, is restored from how each orientation stores it.
  @Test func turnsImagesUpright() {
    func image(_ width: Int, _ values: [UInt8]) -> Raster {
      Raster(
        width: width, height: values.count / width, pixels: values.flatMap { [$0, $0, $0] })
    }
    let upright = image(3, [1, 2, 3, 4, 5, 6])
    let stored: [Raster] = [
      upright, image(3, [3, 2, 1, 6, 5, 4]), image(3, [6, 5, 4, 3, 2, 1]),
      image(3, [4, 5, 6, 1, 2, 3]), image(2, [1, 4, 2, 5, 3, 6]), image(2, [3, 6, 2, 5, 1, 4]),
      image(2, [6, 3, 5, 2, 4, 1]), image(2, [4, 1, 5, 2, 6, 3]),
    ]
    for (index, raster) in stored.enumerated() {
      #expect(Orientation.upright(raster, orientation: index + 1) == upright, "\(index + 1)")
    }
  }
}
