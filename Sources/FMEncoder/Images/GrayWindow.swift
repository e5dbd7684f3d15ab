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

  /// Usual windows for computed tomography, in Hounsfield units.
  public static let named = [
    "lung": GrayWindow(center: -600, width: 1500), "bone": GrayWindow(center: 400, width: 1800),
    "brain": GrayWindow(center: 40, width: 80), "soft": GrayWindow(center: 50, width: 400),
  ]

  /// A text of all values, part of a checksum: it must never change.
  package var canonicalText: String { "GreyWindow(centre: \(center), width: \(width))" }
}

/// A gray image with more than 8 bits per pixel.
struct WideGray {
  package let width: Int
  package let height: Int
  /// Returns the gray value of a pixel, by its index in row-major order.
  package let value: (Int) -> Int32

  /// Converts to 8 bits: (v − darkest) / (brightest − darkest) · 255, rounded. A window defines the
  /// darkest and the brightest value; without one, the image's own range counts. An image with a single
  /// gray value becomes black.
  /// - Parameter windows: one for gray, three for red, green and blue; none for the image's own range.
  func raster(_ windows: [GrayWindow]) -> Raster {
    var ranges = windows.map { $0.center - $0.width / 2...$0.center + $0.width / 2 }
    if ranges.isEmpty {
      var (darkest, brightest) = (Int32.max, Int32.min)
      for index in 0..<width * height {
        let gray = value(index)
        (darkest, brightest) = (min(darkest, gray), max(brightest, gray))
      }
      ranges = [Double(darkest)...Double(max(darkest, brightest))]
    }
    let maps = ranges.map { range in
      let span = range.upperBound - range.lowerBound
      return (darkest: range.lowerBound, scale: span > 0 ? 255 / span : 0)
    }
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for index in 0..<width * height {
      let gray = Double(value(index))
      for c in 0..<3 {
        let map = maps[c % maps.count]
        let shown = ((gray - map.darkest) * map.scale).rounded()
        pixels[index * 3 + c] = UInt8(min(max(shown, 0), 255))
      }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
