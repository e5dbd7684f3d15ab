/// The orientation stored in an image by the camera (EXIF tag 0x0112).
enum Orientation {
  /// Returns 1 to 8; 1, upright, if the file has no valid orientation.
  package static func read(_ jpeg: [UInt8]) -> Int {
    var offset = 2
    // Walk over the segments before the image data: marker, length, content.
    while offset + 4 <= jpeg.count, jpeg[offset] == 0xFF, jpeg[offset + 1] != 0xDA {
      // A marker may be preceded by any number of fill bytes.
      if jpeg[offset + 1] == 0xFF {
        offset += 1
        continue
      }
      let length = Int(jpeg[offset + 2]) << 8 | Int(jpeg[offset + 3])
      let end = min(offset + 2 + length, jpeg.count)
      if jpeg[offset + 1] == 0xE1, length >= 2,
        jpeg[(offset + 4)..<max(end, offset + 4)].starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0])
      {
        return tag(Array(jpeg[(offset + 10)..<max(end, offset + 10)]))
      }
      guard length >= 2 else { return 1 }
      offset += 2 + length
    }
    return 1
  }

  /// Returns the orientation in the first directory of a TIFF structure; 1 if there is none.
  static func tag(_ tiff: [UInt8]) -> Int {
    guard tiff.count >= 8 else { return 1 }
    let isLittle = tiff[0] == 0x49
    func number(_ offset: Int, _ size: Int) -> Int? {
      guard offset >= 0, offset + size <= tiff.count else { return nil }
      let bytes = tiff[offset..<offset + size]
      return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let start = number(4, 4), let entries = number(start, 2) else { return 1 }
    for entry in 0..<entries {
      let place = start + 2 + entry * 12
      if number(place, 2) == 0x0112, let value = number(place + 8, 2), (1...8).contains(value) {
        return value
      }
    }
    return 1
  }

  /// Rotates and mirrors an image so that it is upright.
  static func upright(_ image: Raster, orientation: Int) -> Raster {
    guard (2...8).contains(orientation) else { return image }
    let (w, h) = (image.width, image.height)
    let (newWidth, newHeight) = orientation >= 5 ? (h, w) : (w, h)
    var pixels = [UInt8](repeating: 0, count: image.pixels.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (sx, sy) =
          switch orientation {
          case 2: (w - 1 - x, y)
          case 3: (w - 1 - x, h - 1 - y)
          case 4: (x, h - 1 - y)
          case 5: (y, x)
          case 6: (y, h - 1 - x)
          case 7: (w - 1 - y, h - 1 - x)
          default: (w - 1 - y, x)
          }
        for c in 0..<3 {
          pixels[(y * newWidth + x) * 3 + c] = image.pixels[(sy * w + sx) * 3 + c]
        }
      }
    }
    return Raster(width: newWidth, height: newHeight, pixels: pixels)
  }
}
