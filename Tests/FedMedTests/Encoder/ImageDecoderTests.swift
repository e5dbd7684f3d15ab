import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMEncoder

/// Each file of Golden/formats contains the image of a PNG in another format; its name begins with
/// that of the PNG.
struct ImageDecoderTests {
  private func decode(_ name: String, window: GrayWindow? = nil) throws -> Raster {
    try ImageDecoder.decode(Golden.bytes("formats/\(name)"), windows: window.map { [$0] } ?? [])
  }

  @Test(arguments: [
    "rgb-lzw.tif", "rgb-tiled.tif", "rgb-planes.tif", "rgb-alpha.tif", "rgb-16big.tif",
    "rgb-16.png", "rgb-16-alpha.png", "rgb.ppm", "rgb-text.ppm", "rgb-turned3.tif",
    "rgb-turned6.tif", "rgb-turned6.png", "grey.tif", "grey-white.tif", "grey.pgm", "bits.pbm",
    "bits-text.pbm",
    "bits-g4.tif", "palette.tif",
  ])
  func decodesEveryFormatToTheSameImage(name: String) throws {
    let plain = name.prefix { $0 != "-" && $0 != "." }
    #expect(try decode(name) == decode("\(plain).png"))
  }

  /// The 16-bit gray values are 1000 + 13 v for the value v of grey.png; the signed ones are 3000
  /// less.
  @Test(arguments: [
    "wide.png", "wide-gamma.png", "wide.tif", "wide-tiled.tif", "wide.pgm", "wide-signed.tif",
    "wide-alpha.png", "wide-transparent.png",
  ])
  func mapsWideGrayByWindowOrRange(name: String) throws {
    let grays = try decode("grey.png").pixels.map { Double($0) }
    let (low, high) = (grays.min() ?? 0, grays.max() ?? 0)
    let whole = grays.map { UInt8((($0 - low) * 255 / (high - low)).rounded()) }
    #expect(try decode(name).pixels == whole)
    let shift = name == "wide-signed.tif" ? -3000.0 : 0
    let window = GrayWindow(center: 2000 + shift, width: 1500)
    let shown = grays.map { gray -> UInt8 in
      let value = (1000 + 13 * gray - 1250) * (255.0 / 1500)
      return UInt8(min(max(value.rounded(), 0), 255))
    }
    #expect(try decode(name, window: window).pixels == shown)
  }

  @Test func mapsConstantGrayToBlack() {
    let flat = WideGray(width: 2, height: 1) { _ in 700 }
    #expect(flat.raster([]).pixels == [0, 0, 0, 0, 0, 0])
  }

  /// A file that is truncated anywhere, or has any byte of its header changed, is read or refused.
  @Test func refusesCorruptedFiles() throws {
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
      // The directory of a TIFF may precede the pixels, and then only pixels are missing.
      #expect(throws: FedMedError.self, "\(name)") {
        try ImageDecoder.decode(Array(bytes[..<(bytes.count / 2)]))
      }
    }
  }

  @Test func refusesHeadersThatDeclareTooMuch() {
    func message(_ text: String) -> String? {
      do throws(FedMedError) {
        _ = try ImageDecoder.decode(Array(text.utf8))
        return nil
      } catch { return error.description }
    }
    #expect(message("P6 100000 100000 255\n")?.hasPrefix("100000 × 100000 pixels of 3") == true)
    #expect(message("P6 8192 8192 65535\n")?.contains("at most") == true)
    #expect(message("P6 1000 1000 255\nabc") == "truncated")
    #expect(message("P5 2 2 70000\nabcd") == "maxval 70000, expected 1 to 65535")
    #expect(message("P2 2 1 5\n1 6\n") == "value 6 is above the maxval 5")
    #expect(message("P2 2 1 5\n1 x\n") == "missing value")
    #expect(message("P1 2 1 0\n") == "missing bit")
    #expect(message("P3 x") == "missing width")
    #expect(message("hello") == "not a JPEG, PNG, TIFF or PNM")
  }

  /// A TIFF of little-endian SHORT and LONG fields, with one strip that is missing.
  private func tiff(_ fields: [(tag: Int, value: Int)]) -> [UInt8] {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let entries = fields.flatMap {
      bytes($0.tag, 2) + bytes(4, 2) + bytes(1, 4) + bytes($0.value, 4)
    }
    return [0x49, 0x49, 0x2A, 0] + bytes(8, 4) + bytes(fields.count, 2) + entries + bytes(0, 4)
      + [UInt8](repeating: 0, count: 64)
  }

  /// A few bytes that declare 8192² pixels of many samples are refused before memory is allocated.
  @Test(arguments: [3, 5, 100, 200, 4096, 65535], [1, 2])
  func refusesImageBombs(samples: Int, planes: Int) {
    for (bits, tiled) in [(8, false), (16, false), (8, true), (1, false)] {
      var fields = [
        (0x100, 8192), (0x101, 8192), (0x102, bits), (0x103, 1), (0x106, samples == 3 ? 2 : 1),
        (0x115, samples), (0x11C, planes),
      ]
      if tiled {
        fields += [(0x142, 8192), (0x143, 8192), (0x144, 200), (0x145, 10)]
      } else {
        fields += [(0x111, 200), (0x116, 8192), (0x117, 10)]
      }
      fields.sort { $0.0 < $1.0 }
      let error = failure { _ = try ImageDecoder.decode(tiff(fields)) }
      #expect(error?.code == .badData)
    }
  }

  /// A line of pixels would be resized to many gigabytes; an image with many scans would take
  /// minutes.
  @Test func refusesExtremeShapesAndManyScans() throws {
    let line = Array("P4 1 20000000\n".utf8) + [UInt8](repeating: 0, count: 20_000_000)
    let error = failure { _ = try ImageDecoder.decode(line) }
    #expect(error?.description.contains("ratio of the sides of 1,024") == true)
    var jpeg = try Golden.bytes("preprocess/0.jpg")
    jpeg += Array(repeating: [0xFF, 0xDA, 0, 2], count: 100).flatMap { $0 }
    #expect(failure { _ = try ImageDecoder.decode(jpeg) }?.description.contains("scans") == true)
  }

  @Test func refusesAPNGThatIsTooLarge() {
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(type.utf8) + data
      var crc: UInt32 = 0xFFFF_FFFF
      for byte in body {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      }
      func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }
      return word(UInt32(data.count)) + body + word(~crc)
    }
    // 8192 × 8192 pixels of three samples of 16 bits.
    let header: [UInt8] = [0, 0, 0x20, 0, 0, 0, 0x20, 0, 16, 2, 0, 0, 0]
    let bytes = PNGDecoder.signature + chunk("IHDR", header) + chunk("IDAT", [0x78, 0x9C])
    let error = failure { _ = try ImageDecoder.decode(bytes) }
    #expect(error?.description == "too many bytes")
  }
}
