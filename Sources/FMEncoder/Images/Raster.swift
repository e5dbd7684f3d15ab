/// A decoded image with 8-bit red, green and blue, in row-major order.
public struct Raster: Equatable, Sendable {
  /// The width in pixels.
  public let width: Int
  /// The height in pixels.
  public let height: Int
  /// The colors [height, width, 3].
  public private(set) var pixels: [UInt8]

  /// Creates an image.
  /// - Precondition: there are three bytes per pixel.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Returns the central part of the image with the given size. If the excess is odd, one more
  /// pixel is cut off at the right or bottom, unless `style` says otherwise. Parts outside the image are black.
  func centerCrop(
    width newWidth: Int, height newHeight: Int, style: Preprocessing.Style = .transformers
  ) -> Raster {
    guard newWidth != width || newHeight != height else { return self }
    let left = style.margin(width - newWidth)
    let top = style.margin(height - newHeight)
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
