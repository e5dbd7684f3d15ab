/// The images of netpbm: PBM, PGM and PPM, as text (P1 to P3) and as bytes (P4 to P6).
struct PNMDecoder {
  private let bytes: [UInt8]
  private var offset = 2

  static func recognizes(_ bytes: [UInt8]) -> Bool {
    bytes.count > 2 && bytes[0] == UInt8(ascii: "P")
      && (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1])
      && (isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#"))
  }

  /// - Throws: `badData` for a head that is none, and data that are missing or out of range.
  static func decode(_ bytes: [UInt8], window: GreyWindow?) throws(FedMedError) -> Raster {
    var decoder = PNMDecoder(bytes: bytes)
    return try decoder.decode(window)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func decode(_ window: GreyWindow?) throws(FedMedError) -> Raster {
    let kind = Int(bytes[1] - UInt8(ascii: "0"))
    let (isText, form) = (kind <= 3, (kind - 1) % 3)
    let (width, height) = (try number("width"), try number("height"))
    try ImageDecoder.checkSize(width: width, height: height)
    let largest = form == 0 ? 1 : try number("largest value")
    guard (1...65535).contains(largest) else {
      throw FedMedError(.badData, "a largest value of \(largest)")
    }
    let count = width * height * (form == 2 ? 3 : 1)
    // Before memory is taken: there must be that many.
    let least =
      isText ? count : form == 0 ? (width + 7) / 8 * height : count * (largest > 255 ? 2 : 1)
    if !isText { offset += 1 }
    guard bytes.count - offset >= least else { throw FedMedError(.badData, "truncated") }
    var values = [Int32](repeating: 0, count: count)
    switch (isText, form) {
    case (true, 0): for i in 0..<count { values[i] = 1 - (try bit()) }
    case (true, _): for i in 0..<count { values[i] = Int32(try number("value")) }
    case (false, 0):
      let stride = (width + 7) / 8
      for i in 0..<count {
        let (row, column) = (i / width, i % width)
        let byte = bytes[offset + row * stride + column / 8]
        values[i] = 1 - Int32(byte >> (7 - column % 8) & 1)
      }
    case (false, _) where largest > 255:
      for i in 0..<count {
        values[i] = Int32(bytes[offset + 2 * i]) << 8 | Int32(bytes[offset + 2 * i + 1])
      }
    default: for i in 0..<count { values[i] = Int32(bytes[offset + i]) }
    }
    guard values.allSatisfy({ $0 <= largest }) else {
      throw FedMedError(.badData, "a value above \(largest)")
    }
    if form == 1 && largest > 255 {
      return WideGrey(width: width, height: height, values: values).raster(window)
    }
    // As Pillow: rounded to even.
    let scaled = values.map {
      UInt8((Double($0) / Double(largest) * 255).rounded(.toNearestOrEven))
    }
    return Raster(
      width: width, height: height,
      pixels: form == 2 ? scaled : scaled.flatMap { [$0, $0, $0] })
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
    guard digits > 0 else { throw FedMedError(.badData, "no \(name) where it should be") }
    return value
  }

  /// A bit of a bitmap as text; bits need nothing between them.
  private mutating func bit() throws(FedMedError) -> Int32 {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == 48 || bytes[offset] == 49 else {
      throw FedMedError(.badData, "no bit where it should be")
    }
    offset += 1
    return Int32(bytes[offset - 1] - 48)
  }
}
