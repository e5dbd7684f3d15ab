/// The range of gray values to show of a 16-bit image: center ± width / 2, in the image's units,
/// such as Hounsfield units. Darker values become black, brighter ones white.
public struct GrayWindow: Equatable, Sendable {
  /// The center of the range.
  public let center: Double
  /// The width of the range, above 0.
  public let width: Double

  /// Creates a window.
  public init(center: Double, width: Double) {
    self.center = center
    self.width = width
  }

  /// A text of all values, part of a checksum: it must never change.
  var canonicalText: String { "GreyWindow(centre: \(center), width: \(width))" }
}

/// A gray image with more than 8 bits per pixel.
struct WideGray {
  package let width: Int
  package let height: Int
  /// Returns the gray value of a pixel, by its index in row-major order.
  package let value: (Int) -> Int32

  /// Converts to 8 bits: (v − darkest) / (brightest − darkest) · 255, rounded. The window defines
  /// the darkest and the brightest value; without one, they are those of the image. An image with a
  /// single gray value becomes black.
  func raster(_ window: GrayWindow?) -> Raster {
    let range: ClosedRange<Double>
    if let window {
      range = window.center - window.width / 2...window.center + window.width / 2
    } else {
      var (darkest, brightest) = (Int32.max, Int32.min)
      for index in 0..<width * height {
        let gray = value(index)
        (darkest, brightest) = (min(darkest, gray), max(brightest, gray))
      }
      range = Double(darkest)...Double(max(darkest, brightest))
    }
    let span = range.upperBound - range.lowerBound
    let scale = span > 0 ? 255 / span : 0
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for index in 0..<width * height {
      let gray = ((Double(value(index)) - range.lowerBound) * scale).rounded()
      let shown = UInt8(min(max(gray, 0), 255))
      for c in 0..<3 { pixels[index * 3 + c] = shown }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
