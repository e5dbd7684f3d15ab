import CTurboJPEG
import FMBase

/// JPEG images, by libjpeg-turbo with its accurate inverse transform and smooth chroma, as Pillow.
enum JPEGDecoder {
  package static func decode(_ bytes: [UInt8]) throws(FedMedError) -> Raster {
    guard let handle = tjInitDecompress() else {
      throw FedMedError(.internalError, "libjpeg-turbo does not start")
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
    let isFourColours = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
    let samples = isFourColours ? 4 : 3
    let format = isFourColours ? TJPF_CMYK : TJPF_RGB
    // Of a progressive image, all coefficients are held, of 16 bits, and every scan goes over them.
    let scans = scans(bytes)
    try ImageDecoder.checkSize(
      width: Int(width), height: Int(height), samples: samples, bytes: scans > samples ? 2 : 1)
    guard scans <= mostScans else {
      throw FedMedError(.badData, "\(scans) scans, at most \(mostScans) are read")
    }
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * samples)
    let status = tjDecompress2(
      handle, bytes, UInt(bytes.count), &pixels, width, 0, height, Int32(format.rawValue),
      TJFLAG_LIMITSCANS)
    if status != 0 {
      let error = fault()
      // Bytes between the parts that belong to none do no harm, and some cameras leave them there.
      let isHarmless =
        tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
        && error.reason.contains("extraneous bytes before marker")
      guard isHarmless else { throw error }
    }
    if isFourColours { pixels = rgb(ofInvertedCMYK: pixels) }
    return Raster(width: Int(width), height: Int(height), pixels: pixels)
  }

  /// Cameras and programs write about ten.
  private static let mostScans = 64

  /// How many scans a file has: their marker stands nowhere else.
  private static func scans(_ bytes: [UInt8]) -> Int {
    var count = 0
    for index in bytes.indices.dropLast() where bytes[index] == 0xFF && bytes[index + 1] == 0xDA {
      count += 1
    }
    return count
  }

  /// Such files hold the complements of their inks (Adobe's way): a colour is its complement times
  /// black's.
  private static func rgb(ofInvertedCMYK inks: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: inks.count / 4 * 3)
    for pixel in 0..<inks.count / 4 {
      let black = Int(inks[pixel * 4 + 3])
      for c in 0..<3 { result[pixel * 3 + c] = UInt8(Int(inks[pixel * 4 + c]) * black / 255) }
    }
    return result
  }
}
