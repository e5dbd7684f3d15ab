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

  private static let bits: Int32 = 22

  /// For each position of the result: the first source position, and the weights.
  private struct Taps {
    var starts: [Int] = []
    var counts: [Int] = []
    /// `stride` weights for each position, as many as the widest filter needs.
    var weights: [Int32] = []
    var stride = 0
  }

  /// - Parameter places: the positions of the result to compute.
  private func taps(from size: Int, to newSize: Int, _ places: Range<Int>) -> Taps {
    let scale = Double(size) / Double(newSize)
    let stretch = max(scale, 1)
    let reach = support * stretch
    var taps = Taps()
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
        let fixed = own[i] * Double(1 << Self.bits)
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
    FixedPoint.across(
      image.pixels, rows: image.height, width: image.width, into: &pixels, newWidth: width,
      starts: taps.starts, counts: taps.counts, weights: taps.weights, stride: taps.stride,
      bits: Self.bits)
    return Raster(width: width, height: image.height, pixels: pixels)
  }

  private func down(_ image: Raster, to newHeight: Int, _ rows: Range<Int>) -> Raster {
    guard newHeight != image.height || rows != 0..<newHeight else { return image }
    let taps = taps(from: image.height, to: newHeight, rows)
    let height = rows.count
    var pixels = [UInt8](repeating: 0, count: image.width * height * 3)
    FixedPoint.down(
      image.pixels, rowBytes: image.width * 3, into: &pixels, newHeight: height,
      starts: taps.starts, counts: taps.counts, weights: taps.weights, stride: taps.stride,
      bits: Self.bits)
    return Raster(width: image.width, height: height, pixels: pixels)
  }
}

/// The arithmetic of the passes.
private enum FixedPoint {
  static func across(
    _ source: [UInt8], rows: Int, width: Int, into target: inout [UInt8], newWidth: Int,
    starts: [Int], counts: [Int], weights: [Int32], stride: Int, bits: Int32
  ) {
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        weights.withUnsafeBufferPointer { weights in
          for row in 0..<rows {
            for x in 0..<newWidth {
              var (r, g, b) = (
                Int32(1) << (bits - 1), Int32(1) << (bits - 1), Int32(1) << (bits - 1)
              )
              var pixel = (row * width + starts[x]) * 3
              for tap in x * stride..<x * stride + counts[x] {
                let weight = weights[tap]
                r &+= Int32(source[pixel]) &* weight
                g &+= Int32(source[pixel + 1]) &* weight
                b &+= Int32(source[pixel + 2]) &* weight
                pixel += 3
              }
              let place = (row * newWidth + x) * 3
              target[place] = clip(r >> bits)
              target[place + 1] = clip(g >> bits)
              target[place + 2] = clip(b >> bits)
            }
          }
        }
      }
    }
  }

  static func down(
    _ source: [UInt8], rowBytes: Int, into target: inout [UInt8], newHeight: Int,
    starts: [Int], counts: [Int], weights: [Int32], stride: Int, bits: Int32
  ) {
    var sums = [Int32](repeating: 0, count: rowBytes)
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<newHeight {
            sums.update(repeating: 1 << (bits - 1))
            for tap in 0..<counts[y] {
              let weight = weights[y * stride + tap]
              let row = (starts[y] + tap) * rowBytes
              for i in 0..<rowBytes { sums[i] &+= Int32(source[row + i]) &* weight }
            }
            for i in 0..<rowBytes { target[y * rowBytes + i] = clip(sums[i] >> bits) }
          }
        }
      }
    }
  }

  private static func clip(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, value)))
  }
}
