/// The range of grey values to show of a 16-bit image: centre ± width / 2, in the image's units,
/// such as Hounsfield units. Darker values become black, brighter ones white.
public struct GreyWindow: Equatable, Sendable {
  /// The centre of the range.
  public let centre: Double
  /// The width of the range, above 0.
  public let width: Double

  /// Creates a window.
  public init(centre: Double, width: Double) {
    self.centre = centre
    self.width = width
  }
}

/// A grey image with more than 8 bits per pixel.
struct WideGrey {
  package let width: Int
  package let height: Int
  /// Returns the grey value of a pixel, by its index in row-major order.
  package let value: (Int) -> Int32

  /// Converts to 8 bits: (v − darkest) / (brightest − darkest) · 255, rounded. The window defines
  /// the darkest and the brightest value; without one, they are those of the image. An image with a
  /// single grey value becomes black.
  func raster(_ window: GreyWindow?) -> Raster {
    let range: ClosedRange<Double>
    if let window {
      range = window.centre - window.width / 2...window.centre + window.width / 2
    } else {
      var (darkest, brightest) = (Int32.max, Int32.min)
      for index in 0..<width * height {
        let grey = value(index)
        (darkest, brightest) = (min(darkest, grey), max(brightest, grey))
      }
      range = Double(darkest)...Double(max(darkest, brightest))
    }
    let span = range.upperBound - range.lowerBound
    let scale = span > 0 ? 255 / span : 0
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for index in 0..<width * height {
      let grey = ((Double(value(index)) - range.lowerBound) * scale).rounded()
      let shown = UInt8(min(max(grey, 0), 255))
      for c in 0..<3 { pixels[index * 3 + c] = shown }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
