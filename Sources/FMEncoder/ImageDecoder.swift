import FMBase

/// Image files of the formats that are understood, told apart by how they begin.
public enum ImageDecoder {
  /// The most pixels of an image: 2²⁶, 200 MB decoded.
  static let largestPixels = 1 << 26
  /// The most bytes of all its samples: 256 MiB.
  static let largestBytes = 1 << 28

  /// How many times as long as the other a side may be: a line of pixels would become a plane when it is
  /// resized.
  static let longestRatio = 1 << 10

  /// Checks what an image's header says, before memory is taken for it.
  /// - Parameters:
  ///   - samples: numbers of a pixel, those that are not shown included.
  ///   - bytes: of a sample.
  /// - Throws: `badData` for an image without pixels, or one that is too large.
  package static func checkSize(
    width: Int, height: Int, samples: Int, bytes: Int = 1
  ) throws(FedMedError) {
    guard width > 0, height > 0, width <= largestPixels / height,
      max(width, height) / min(width, height) <= longestRatio,
      samples <= largestBytes / (width * height), samples * bytes <= largestBytes / (width * height)
    else {
      throw FedMedError(
        .badData,
        "\(width) × \(height) pixels of \(samples) samples; at most 2²⁶ pixels and 256 MiB are read, no side 1,024 times the other"
      )
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
