import CPNG

/// PNG images, by libpng. Colours are taken as they are stored, as Pillow takes them: what the file
/// says of gamma and profiles is left out, and so is transparency.
enum PNGDecoder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func decode(_ bytes: [UInt8], window: GreyWindow?) throws(FedMedError) -> Raster {
    // Depth and kind of colours stand behind signature, head's length and type, width and height.
    guard bytes.count > 25 else { throw FedMedError(.badData, "truncated") }
    let isWide = bytes[24] == 16
    let plain = withoutColourManagement(bytes)
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    func fault() -> FedMedError {
      let reason = withUnsafeBytes(of: image.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      return FedMedError(.badData, reason.lowercased())
    }
    guard png_image_begin_read_from_memory(&image, plain, plain.count) != 0 else { throw fault() }
    let (width, height) = (Int(image.width), Int(image.height))
    try ImageDecoder.checkSize(width: width, height: height)
    let count = width * height
    if isWide {
      // Linear, which is what libpng takes 16 bits for, leaves the numbers alone.
      let isGrey = bytes[25] & UInt8(PNG_COLOR_MASK_COLOR) == 0
      let samples = isGrey ? 1 : 3
      image.format = UInt32(PNG_FORMAT_FLAG_LINEAR | (isGrey ? 0 : PNG_FORMAT_FLAG_COLOR))
      // There is no background to blend with: transparency is left out of the file.
      var words = [UInt16](repeating: 0, count: count * samples)
      guard png_image_finish_read(&image, nil, &words, 0, nil) != 0 else { throw fault() }
      if isGrey {
        return WideGrey(width: width, height: height, values: words.map { Int32($0) }).raster(
          window)
      }
      // Of 16 bits the upper 8, as Pillow.
      return Raster(width: width, height: height, pixels: words.map { UInt8($0 >> 8) })
    }
    // With alpha, because without it libpng would blend with a background.
    image.format = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
    var samples = [UInt8](repeating: 0, count: count * 4)
    guard png_image_finish_read(&image, nil, &samples, 0, nil) != 0 else { throw fault() }
    var pixels = [UInt8](repeating: 0, count: count * 3)
    for pixel in 0..<count {
      for c in 0..<3 { pixels[pixel * 3 + c] = samples[pixel * 4 + c] }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }

  /// The file without the chunks by which libpng would change colours.
  private static func withoutColourManagement(_ bytes: [UInt8]) -> [UInt8] {
    let unwanted: Set = ["gAMA", "cHRM", "iCCP", "sRGB", "bKGD"]
    var result = Array(bytes.prefix(8))
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = min(offset + 12 + length, bytes.count)
      let type = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
      if !unwanted.contains(type) { result += bytes[offset..<end] }
      offset = end
    }
    return result + bytes[min(offset, bytes.count)...]
  }
}
