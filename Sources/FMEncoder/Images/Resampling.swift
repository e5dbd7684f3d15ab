import FMNumerics
import Glibc

/// Resizing, bit for bit as in Pillow: two passes of 22-bit fixed-point arithmetic, horizontal and
/// vertical, each rounded to 8 bits. The filter widens when the image shrinks.
public enum Resampling: Int, Sendable {
  /// A windowed sinc of radius 3; 1 in Pillow and in preprocessor_config.json.
  case lanczos = 1
  /// Linear interpolation; 2 in Pillow and in preprocessor_config.json.
  case bilinear = 2
  /// Cubic interpolation with a = −0.5; 3 in Pillow and in preprocessor_config.json.
  case bicubic = 3
  /// The mean of the pixels; 4 in Pillow and in preprocessor_config.json.
  case box = 4
  /// A Hamming window of radius 1; 5 in Pillow and in preprocessor_config.json.
  case hamming = 5

  /// The name in a checksum: it must never change.
  var name: String {
    switch self {
    case .lanczos: "lanczos"
    case .bilinear: "bilinear"
    case .bicubic: "bicubic"
    case .box: "box"
    case .hamming: "hamming"
    }
  }

  /// The radius of the filter, in pixels.
  private var support: Double {
    switch self {
    case .lanczos: 3
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .box: 0.5
    }
  }

  private func weight(_ signed: Double) -> Double {
    let x = signed.magnitude
    func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }
    switch self {
    case .lanczos: return x < 3 ? sinc(x) * sinc(x / 3) : 0
    // Of two pixels at equal distances, only one counts.
    case .box: return signed > -0.5 && signed <= 0.5 ? 1 : 0
    case .hamming:
      // Pillow's constants are in single precision.
      let (level, swing) = (Double(0.54 as Float), Double(0.46 as Float))
      return x < 1 ? sinc(x) * (level + swing * cos(.pi * x)) : 0
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }

  /// - Parameter places: the positions of the result to compute.
  private func taps(from size: Int, to newSize: Int, _ places: Range<Int>) -> ResizingTaps {
    let scale = Double(size) / Double(newSize)
    let stretch = max(scale, 1)
    let reach = support * stretch
    var taps = ResizingTaps()
    taps.stride = Int(reach.rounded(.up)) * 2 + 1
    taps.weights = [Int32](repeating: 0, count: places.count * taps.stride)
    for place in places {
      let center = (Double(place) + 0.5) * scale
      let start = max(Int(center - reach + 0.5), 0)
      let count = min(Int(center + reach + 0.5), size) - start
      var own = (0..<count).map { weight((Double($0 + start) - center + 0.5) / stretch) }
      let total = own.reduce(0, +)
      if total != 0 { for i in 0..<count { own[i] /= total } }
      for i in 0..<count {
        let fixed = own[i] * Double(1 << ResizingTaps.bits)
        taps.weights[(place - places.lowerBound) * taps.stride + i] = Int32(
          fixed < 0 ? fixed - 0.5 : fixed + 0.5)
      }
      taps.starts.append(start)
      taps.counts.append(count)
    }
    return taps
  }

  /// Resizes an image to `width` × `height`.
  ///
  /// The horizontal pass comes first, unless the vertical one removes more than twice as many rows
  /// as the horizontal one removes columns. This is the order of Pillow 13, determined by
  /// experiments with many sizes; older versions always begin with the horizontal pass.
  /// - Parameters:
  ///   - columns: the columns of the result to compute; `nil` for all.
  ///   - rows: the rows of the result to compute; `nil` for all.
  /// - Precondition: sizes are at least 1, and contain `columns` and `rows`.
  public func resize(
    _ image: Raster, width: Int, height: Int, columns: Range<Int>? = nil, rows: Range<Int>? = nil
  ) -> Raster {
    let (columns, rows) = (columns ?? 0..<width, rows ?? 0..<height)
    if height < image.height && image.height - height > 2 * (image.width - width) {
      return across(down(image, to: height, rows), to: width, columns)
    }
    return down(across(image, to: width, columns), to: height, rows)
  }

  private func across(_ image: Raster, to newWidth: Int, _ columns: Range<Int>) -> Raster {
    guard newWidth != image.width || columns != 0..<newWidth else { return image }
    let taps = taps(from: image.width, to: newWidth, columns)
    let width = columns.count
    var pixels = [UInt8](repeating: 0, count: width * image.height * 3)
    PixelKernels.resizeAcross(
      image.pixels, rows: image.height, width: image.width, into: &pixels, newWidth: width,
      taps: taps)
    return Raster(width: width, height: image.height, pixels: pixels)
  }

  private func down(_ image: Raster, to newHeight: Int, _ rows: Range<Int>) -> Raster {
    guard newHeight != image.height || rows != 0..<newHeight else { return image }
    let taps = taps(from: image.height, to: newHeight, rows)
    let height = rows.count
    var pixels = [UInt8](repeating: 0, count: image.width * height * 3)
    PixelKernels.resizeDown(
      image.pixels, rowBytes: image.width * 3, into: &pixels, newHeight: height, taps: taps)
    return Raster(width: image.width, height: height, pixels: pixels)
  }
}
