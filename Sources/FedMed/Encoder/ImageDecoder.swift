/// Image files of the formats that are understood, told apart by how they begin.
public enum ImageDecoder {
  /// The largest image: 2²⁷ pixels, 400 MB decoded.
  static let largest = 1 << 27

  static func checkSize(width: Int, height: Int) throws(FedMedError) {
    guard width > 0, height > 0, width <= largest / height else {
      throw FedMedError(.badData, "\(width) × \(height) pixels")
    }
  }

  /// - Throws: `badData` where the bytes are no such image, or damaged.
  public static func decode(_ bytes: [UInt8]) throws(FedMedError) -> Raster {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      return Orientation.upright(
        try JPEGDecoder.decode(bytes), orientation: Orientation.read(bytes))
    }
    if bytes.starts(with: PNGDecoder.signature) { return try PNGDecoder.decode(bytes) }
    throw FedMedError(.badData, "neither JPEG nor PNG")
  }
}
