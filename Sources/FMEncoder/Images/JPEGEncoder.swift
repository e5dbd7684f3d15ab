import CTurboJPEG
import FMBase

/// JPEG encoding with 4:2:0 chroma subsampling, by libjpeg-turbo.
enum JPEGEncoder {
  /// Encodes an image.
  /// - Parameter quality: 1 to 100.
  /// - Throws: `internalError` if libjpeg-turbo fails.
  package static func encode(_ image: Raster, quality: Int) throws(FedMedError) -> [UInt8] {
    guard let handle = tjInitCompress() else {
      throw FedMedError(.internalError, "cannot start libjpeg-turbo")
    }
    defer { tjDestroy(handle) }
    var (buffer, size): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
    defer { tjFree(buffer) }
    let status = tjCompress2(
      handle, image.pixels, Int32(image.width), 0, Int32(image.height), Int32(TJPF_RGB.rawValue),
      &buffer, &size, Int32(TJSAMP_420.rawValue), Int32(quality), TJFLAG_ACCURATEDCT)
    guard status == 0, let buffer else {
      throw FedMedError(
        .internalError, String(cString: tjGetErrorStr2(handle)).lowercased())
    }
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
  }
}
