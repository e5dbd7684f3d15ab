import Foundation
import Testing

@testable import FedMed

/// Each file of Golden/formats holds the image of a PNG in another form: its name begins with that
/// PNG's.
struct ImageDecoderTests {
  private func decode(_ name: String, window: GreyWindow? = nil) throws -> Raster {
    try ImageDecoder.decode(Golden.bytes("formats/\(name)"), window: window)
  }

  @Test(arguments: [
    "rgb-lzw.tif", "rgb-tiled.tif", "rgb-planes.tif", "rgb-alpha.tif", "rgb-16big.tif",
    "rgb-16.png", "rgb-16-alpha.png", "rgb.ppm", "rgb-text.ppm", "rgb-turned3.tif",
    "rgb-turned6.tif", "rgb-turned6.png", "grey.tif", "grey-white.tif", "grey.pgm", "bits.pbm",
    "bits-text.pbm",
    "bits-g4.tif", "palette.tif",
  ])
  func otherFormsHoldTheSameImage(name: String) throws {
    let plain = name.prefix { $0 != "-" && $0 != "." }
    #expect(try decode(name) == decode("\(plain).png"))
  }

  /// The wide greys are 1000 + 13 v where grey.png has v, the signed one 3000 less.
  @Test(arguments: [
    "wide.png", "wide-gamma.png", "wide.tif", "wide-tiled.tif", "wide.pgm", "wide-signed.tif",
    "wide-alpha.png", "wide-transparent.png",
  ])
  func wideGreysTakeAWindowOrTheirOwnRange(name: String) throws {
    let greys = try decode("grey.png").pixels.map { Double($0) }
    let (low, high) = (greys.min() ?? 0, greys.max() ?? 0)
    let whole = greys.map { UInt8((($0 - low) * 255 / (high - low)).rounded()) }
    #expect(try decode(name).pixels == whole)
    let shift = name == "wide-signed.tif" ? -3000.0 : 0
    let window = GreyWindow(centre: 2000 + shift, width: 1500)
    let shown = greys.map { grey -> UInt8 in
      let value = (1000 + 13 * grey - 1250) * (255.0 / 1500)
      return UInt8(min(max(value.rounded(), 0), 255))
    }
    #expect(try decode(name, window: window).pixels == shown)
  }

  @Test func oneGreyAloneIsBlack() {
    let flat = WideGrey(width: 2, height: 1, values: [700, 700])
    #expect(flat.raster(nil).pixels == [0, 0, 0, 0, 0, 0])
  }

  /// Cut at any place, or with any byte of the head changed, a file is refused or read, and no more.
  @Test func damagedFilesAreRefused() throws {
    for name in try FileManager.default.contentsOfDirectory(
      atPath: Golden.url("formats").path)
    {
      let bytes = try Golden.bytes("formats/\(name)")
      for count in stride(from: 0, to: min(bytes.count, 200), by: 3) {
        _ = try? ImageDecoder.decode(Array(bytes[..<count]))
        var changed = bytes
        changed[count] ^= 0xFF
        _ = try? ImageDecoder.decode(changed)
      }
      // A TIFF's directory may stand in front: then only pixels are missing.
      #expect(throws: FedMedError.self, "\(name)") {
        try ImageDecoder.decode(Array(bytes[..<(bytes.count / 2)]))
      }
    }
  }

  @Test func headsThatPromiseTooMuchAreRefused() {
    func message(_ text: String) -> String? {
      do throws(FedMedError) {
        _ = try ImageDecoder.decode(Array(text.utf8))
        return nil
      } catch { return error.description }
    }
    #expect(message("P6 100000 100000 255\n") == "100000 × 100000 pixels")
    #expect(message("P6 1000 1000 255\nabc") == "truncated")
    #expect(message("P5 2 2 70000\nabcd") == "a largest value of 70000")
    #expect(message("P2 2 1 5\n1 6\n") == "a value above 5")
    #expect(message("P2 2 1 5\n1 x\n") == "no value where it should be")
    #expect(message("P1 2 1 0\n") == "no bit where it should be")
    #expect(message("P3 x") == "no width where it should be")
    #expect(message("hello") == "not a JPEG, PNG, TIFF or PNM")
  }
}
