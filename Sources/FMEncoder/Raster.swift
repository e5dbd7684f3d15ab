/// A decoded image: 8-bit red, green and blue, row after row.
public struct Raster: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// [height, width, 3].
  public private(set) var pixels: [UInt8]

  /// - Precondition: three bytes a pixel.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The part of `width` × `height` pixels in the middle; half the excess, rounded down, is left
  /// out before it. What lies outside the image is black.
  public func centreCrop(width newWidth: Int, height newHeight: Int) -> Raster {
    // Floors also where the image is smaller than the crop.
    let left = (width - newWidth) >> 1
    let top = (height - newHeight) >> 1
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    let columns = max(left, 0)..<max(min(left + newWidth, width), max(left, 0))
    for y in max(top, 0)..<max(min(top + newHeight, height), max(top, 0)) {
      let source = (y * width + columns.lowerBound) * 3
      let target = ((y - top) * newWidth + columns.lowerBound - left) * 3
      result.replaceSubrange(
        target..<target + columns.count * 3, with: pixels[source..<source + columns.count * 3])
    }
    return Raster(width: newWidth, height: newHeight, pixels: result)
  }
}
