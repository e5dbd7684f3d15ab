import FMBase

/// Decoding of image files; the format is recognized by the first bytes.
public enum ImageDecoder {
  /// The maximal number of pixels: 2²⁶, or 200 MB decoded.
  static let largestPixels = 1 << 26
  /// The maximal size of all samples: 256 MiB.
  package static let largestBytes = 1 << 28

  /// The maximal ratio of the sides: resizing a line of pixels would blow it up to a huge square.
  static let longestRatio = 1 << 10

  /// Checks the size in an image's header before memory is allocated.
  /// - Parameters:
  ///   - samples: the number of samples per pixel, including those that are not shown.
  ///   - bytes: the number of bytes per sample.
  /// - Throws: `badData` if the image is empty or too large.
  package static func checkSize(
    width: Int, height: Int, samples: Int, bytes: Int = 1
  ) throws(FedMedError) {
    guard width > 0, height > 0, width <= largestPixels / height,
      max(width, height) / min(width, height) <= longestRatio,
      samples <= largestBytes / (width * height), samples * bytes <= largestBytes / (width * height)
    else {
      throw FedMedError(
        .badData,
        "\(width) × \(height) pixels of \(samples) samples: at most 2²⁶ pixels, 256 MiB and a "
          + "ratio of the sides of 1,024 are supported"
      )
    }
  }

  /// Decodes an image, and turns it upright.
  /// - Parameter windows: the gray values to show of a 16-bit image: one range for gray, three for red, green
  ///   and blue; none for its full range.
  /// - Throws: `badData` if the bytes are not a valid image of a supported format.
  public static func decode(
    _ bytes: [UInt8], windows: [GrayWindow] = []
  ) throws(FedMedError) -> Raster {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      return Orientation.upright(
        try JPEGDecoder.decode(bytes), orientation: Orientation.read(bytes))
    }
    if bytes.starts(with: PNGDecoder.signature) {
      return try PNGDecoder.decode(bytes, windows: windows)
    }
    if TIFFDecoder.recognizes(bytes) { return try TIFFDecoder.decode(bytes, windows: windows) }
    if PNMDecoder.recognizes(bytes) { return try PNMDecoder.decode(bytes, windows: windows) }
    if bytes.count > 132, bytes[128..<132].elementsEqual("DICM".utf8) {
      throw FedMedError(
        .badData, "a DICOM file", hint: "use --unit to make samples of DICOM images or series")
    }
    throw FedMedError(.badData, "not a JPEG, PNG, TIFF or PNM")
  }
}
