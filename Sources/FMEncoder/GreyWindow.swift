/// Which part of the greys of a 16-bit image is shown: centre ± width / 2, in the image's units
/// (Hounsfield's, where they are kept). What is darker is black, what is brighter white.
public struct GreyWindow: Equatable, Sendable {
  public let centre: Double
  /// Above 0.
  public let width: Double

  public init(centre: Double, width: Double) {
    self.centre = centre
    self.width = width
  }
}

/// A grey image of more than 8 bits.
struct WideGrey {
  package let width: Int
  package let height: Int
  /// The grey of a pixel, by its number, row after row.
  package let value: (Int) -> Int32

  /// An image of 8 bits: (v − darkest) / (brightest − darkest) · 255, rounded, where the window says
  /// what is darkest and brightest, or else the image; an image of one grey alone is black.
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
