/// Image files of the formats that are understood, told apart by how they begin.
public enum ImageDecoder {
  /// The largest image: 2²⁶ pixels, 200 MB decoded.
  static let largest = 1 << 26

  static func checkSize(width: Int, height: Int) throws(FedMedError) {
    guard width > 0, height > 0, width <= largest / height else {
      throw FedMedError(.badData, "\(width) × \(height) pixels")
    }
  }

  /// - Parameter window: of 16-bit grey images; nil takes each from its darkest to its brightest.
  /// - Throws: `badData` where the bytes are no such image, or damaged.
  public static func decode(
    _ bytes: [UInt8], window: GreyWindow? = nil
  ) throws(FedMedError) -> Raster {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      return Orientation.upright(
        try JPEGDecoder.decode(bytes), orientation: Orientation.read(bytes))
    }
    if bytes.starts(with: PNGDecoder.signature) {
      return try PNGDecoder.decode(bytes, window: window)
    }
    if TIFFDecoder.recognizes(bytes) { return try TIFFDecoder.decode(bytes, window: window) }
    if PNMDecoder.recognizes(bytes) { return try PNMDecoder.decode(bytes, window: window) }
    throw FedMedError(.badData, "not a JPEG, PNG, TIFF or PNM")
  }
}
