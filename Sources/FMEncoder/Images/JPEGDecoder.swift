import CTurboJPEG
import FMBase

/// JPEG decoding by libjpeg-turbo, with the accurate inverse DCT and smooth chroma upsampling, as
/// in Pillow.
enum JPEGDecoder {
  /// Decodes an image; the orientation is not applied.
  /// - Throws: `badData` if it is invalid or too large, `internalError` if libjpeg-turbo cannot
  ///   start.
  package static func decode(_ bytes: [UInt8]) throws(FedMedError) -> Raster {
    guard let handle = tjInitDecompress() else {
      throw FedMedError(.internalError, "cannot start libjpeg-turbo")
    }
    defer { tjDestroy(handle) }
    func fault() -> FedMedError {
      FedMedError(.badData, String(cString: tjGetErrorStr2(handle)).lowercased())
    }
    var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    guard
      tjDecompressHeader3(
        handle, bytes, UInt(bytes.count), &width, &height, &sampling, &space) == 0
    else { throw fault() }
    let isFourColors = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
    let samples = isFourColors ? 4 : 3
    let format = isFourColors ? TJPF_CMYK : TJPF_RGB
    // For progressive images, libjpeg-turbo keeps all 16-bit coefficients and processes them in
    // every scan.
    let scans = scans(bytes)
    try ImageDecoder.checkSize(
      width: Int(width), height: Int(height), samples: samples, bytes: scans > samples ? 2 : 1)
    guard scans <= maxScans else {
      throw FedMedError(.badData, "too many scans: \(scans), expected at most \(maxScans)")
    }
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * samples)
    let status = tjDecompress2(
      handle, bytes, UInt(bytes.count), &pixels, width, 0, height, Int32(format.rawValue),
      TJFLAG_LIMITSCANS)
    if status != 0 {
      let error = fault()
      // Extraneous bytes between segments are harmless, and some cameras write them.
      let isHarmless =
        tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
        && error.reason.contains("extraneous bytes before marker")
      guard isHarmless else { throw error }
    }
    if isFourColors { pixels = rgb(ofInvertedCMYK: pixels) }
    return Raster(width: Int(width), height: Int(height), pixels: pixels)
  }

  /// Limits the decoding time; cameras and programs write about ten scans.
  private static let maxScans = 64

  /// Counts the scans of a file; their marker occurs nowhere else.
  private static func scans(_ bytes: [UInt8]) -> Int {
    var count = 0
    for index in bytes.indices.dropLast() where bytes[index] == 0xFF && bytes[index + 1] == 0xDA {
      count += 1
    }
    return count
  }

  /// Converts inverted CMYK, as Adobe stores it: a color is its complement times that of black.
  private static func rgb(ofInvertedCMYK inks: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: inks.count / 4 * 3)
    for pixel in 0..<inks.count / 4 {
      let black = Int(inks[pixel * 4 + 3])
      for c in 0..<3 { result[pixel * 3 + c] = UInt8(Int(inks[pixel * 4 + c]) * black / 255) }
    }
    return result
  }
}
