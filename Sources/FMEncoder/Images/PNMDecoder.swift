import FMArchive
import FMBase

/// Decoding of netpbm images: PBM, PGM and PPM, as text (P1 to P3) or binary (P4 to P6).
struct PNMDecoder {
  private let bytes: [UInt8]
  private var offset = 2

  /// Whether the bytes begin like a netpbm image.
  package static func recognizes(_ bytes: [UInt8]) -> Bool {
    bytes.count > 2 && bytes[0] == UInt8(ascii: "P")
      && (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1])
      && (isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#"))
  }

  /// Decodes an image.
  /// - Throws: `badData` if the header is invalid, the image is too large, or data is missing or
  ///   out of range.
  package static func decode(_ bytes: [UInt8], windows: [GrayWindow]) throws(FedMedError) -> Raster
  {
    var decoder = PNMDecoder(bytes: bytes)
    return try decoder.decode(windows)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func decode(_ windows: [GrayWindow]) throws(FedMedError) -> Raster {
    let kind = Int(bytes[1] - UInt8(ascii: "0"))
    let (isText, form) = (kind <= 3, (kind - 1) % 3)
    let (width, height) = (try number("width"), try number("height"))
    let largest = form == 0 ? 1 : try number("maxval")
    guard (1...65535).contains(largest) else {
      throw FedMedError(.badData, "maxval \(largest), expected 1 to 65535")
    }
    let samples = form == 2 ? 3 : 1
    try ImageDecoder.checkSize(
      width: width, height: height, samples: samples, bytes: largest > 255 ? 2 : 1)
    let count = width * height * samples
    // Check that there is enough data before memory is allocated.
    let least =
      isText ? count : form == 0 ? (width + 7) / 8 * height : count * (largest > 255 ? 2 : 1)
    if !isText { offset += 1 }
    guard bytes.count - offset >= least else { throw FedMedError(.badData, "truncated") }
    if form == 1 && largest > 255 {
      let words = isText ? try self.words(count, largest: largest) : []
      let (bytes, start) = (bytes, offset)
      for i in 0..<(isText ? 0 : count) where Self.word(bytes, start, i) > largest {
        throw Self.outOfRange(Int(Self.word(bytes, start, i)), largest)
      }
      return WideGray(width: width, height: height) {
        isText ? Int32(words[$0]) : Self.word(bytes, start, $0)
      }.raster(windows)
    }
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for i in 0..<count {
      let value = try self.value(i, kind: kind, width: width, largest: largest)
      guard value <= largest else { throw Self.outOfRange(value, largest) }
      // Rounds half to even, as Pillow does.
      let shown = UInt8((Double(value) / Double(largest) * 255).rounded(.toNearestOrEven))
      if form == 2 {
        pixels[i] = shown
      } else {
        for c in 0..<3 { pixels[3 * i + c] = shown }
      }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }

  /// Returns the value at index `i`; text must be read in order.
  private mutating func value(
    _ i: Int, kind: Int, width: Int, largest: Int
  ) throws(FedMedError) -> Int {
    switch kind {
    case 1: return 1 - Int(try bit())
    case 2, 3: return try number("value")
    case 4:
      let (row, column) = (i / width, i % width)
      let byte = bytes[offset + row * ((width + 7) / 8) + column / 8]
      return 1 - Int(byte >> (7 - column % 8) & 1)
    default:
      return largest > 255 ? Int(Self.word(bytes, offset, i)) : Int(bytes[offset + i])
    }
  }

  private static func word(_ bytes: [UInt8], _ start: Int, _ i: Int) -> Int32 {
    Int32(bytes[start + 2 * i]) << 8 | Int32(bytes[start + 2 * i + 1])
  }

  /// Reads values of more than 8 bits in text form.
  private mutating func words(_ count: Int, largest: Int) throws(FedMedError) -> [UInt16] {
    var words = [UInt16](repeating: 0, count: count)
    for i in 0..<count {
      let value = try number("value")
      guard value <= largest else { throw Self.outOfRange(value, largest) }
      words[i] = UInt16(value)
    }
    return words
  }

  private static func outOfRange(_ value: Int, _ largest: Int) -> FedMedError {
    FedMedError(.badData, "value \(value) is above the maxval \(largest)")
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private mutating func skipSpace() {
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "#") {
        while offset < bytes.count && bytes[offset] != 10 && bytes[offset] != 13 { offset += 1 }
      } else if !Self.isSpace(bytes[offset]) {
        return
      } else {
        offset += 1
      }
    }
  }

  private mutating func number(_ name: String) throws(FedMedError) -> Int {
    skipSpace()
    var (value, digits) = (0, 0)
    while offset < bytes.count, (48...57).contains(bytes[offset]), digits < 9 {
      value = value * 10 + Int(bytes[offset] - 48)
      (offset, digits) = (offset + 1, digits + 1)
    }
    guard digits > 0 else { throw FedMedError(.badData, "missing \(name)") }
    return value
  }

  /// Reads a bit of a bitmap in text form; bits need not be separated.
  private mutating func bit() throws(FedMedError) -> UInt8 {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == 48 || bytes[offset] == 49 else {
      throw FedMedError(.badData, "missing bit")
    }
    offset += 1
    return bytes[offset - 1] - 48
  }
}
