/// The preprocessing of images for an encoder: resizing, cropping, and normalization of colors.
public struct Preprocessing: Equatable, Sendable {
  /// How images are resized.
  public enum Resize: Equatable, Sendable {
    /// The shorter side to this number of pixels, the other side in proportion, rounded down.
    case shortestSide(Int)
    /// To the input's size, regardless of proportions.
    case squash
    /// Not at all.
    case none
  }

  /// The library whose rounding a checkpoint expects.
  public enum Style: Sendable {
    /// Hugging Face's transformers.
    case transformers
    /// torchvision, which timm and open_clip use: odd margins of a crop are halved to the nearest even
    /// number.
    case torchvision
  }

  /// How images are resized.
  public var resize: Resize
  /// The filter for resizing.
  public var resampling: Resampling
  /// The side of the square input in pixels, to which images are cropped at the center or squashed.
  public var side: Int
  /// The means of red, green and blue, which normalization subtracts; colors are in 0 to 1.
  public var mean: [Float]
  /// The standard deviations of red, green and blue, by which normalization divides.
  public var deviation: [Float]
  /// The factor from 8-bit colors to those that are normalized.
  public var rescale = 1.0 / 255
  /// The library whose rounding a checkpoint expects.
  public var style = Style.transformers

  /// A text of all values, part of a checksum: it must never change.
  var canonicalText: String {
    let name = "FMEncoder.Preprocessing.Resize"
    let how =
      switch resize {
      case .shortestSide(let size): "\(name).shortestSide(\(size))"
      case .squash: "\(name).squash"
      case .none: "\(name).none"
      }
    var text =
      "Preprocessing(resize: \(how), resampling: FMEncoder.Resampling.\(resampling.name), "
      + "side: \(side), mean: \(mean), deviation: \(deviation)"
    // Later additions appear only where they differ from what there was before.
    if (rescale * 255 - 1).magnitude >= 1e-6 { text += ", rescale: \(rescale)" }
    if style == .torchvision { text += ", style: torchvision" }
    return text + ")"
  }

  /// The normalized values of all 8-bit colors: (rescale x − mean) / deviation, rounded to single
  /// precision after each operation.
  var colors: ColorTable {
    ColorTable(
      values: (0..<3).flatMap { c in
        (0..<256).map { (Float(Double($0) * rescale) - mean[c]) / deviation[c] }
      })
  }

  /// Returns the image resized and cropped to the input's size.
  public func fit(_ image: Raster) -> Raster {
    switch resize {
    case .none: return image.centerCrop(width: side, height: side, style: style)
    case .squash:
      return resampling.resize(image, width: side, height: side)
    case .shortestSide(let size):
      let short = min(image.width, image.height)
      func scaled(_ length: Int) -> Int { length == short ? size : size * length / short }
      let (width, height) = (scaled(image.width), scaled(image.height))
      /// Returns the part of a length that the crop keeps. Only that part is computed, because the
      /// longer side may be a thousand times the other.
      func kept(_ length: Int) -> Range<Int> {
        let start = max(style.margin(length - side), 0)
        return start..<min(start + side, length)
      }
      let resized = resampling.resize(
        image, width: width, height: height, columns: kept(width), rows: kept(height))
      // Images smaller than the input get a black border.
      return resized.centerCrop(width: side, height: side, style: style)
    }
  }
}

extension Preprocessing.Style {
  /// The part of a crop's total margin that is at the left or the top; below 0 if the image is smaller
  /// than the crop.
  func margin(_ total: Int) -> Int {
    // The shift rounds down even if the total is negative.
    let half = total >> 1
    return self == .torchvision && total & 1 == 1 && half & 1 == 1 ? half + 1 : half
  }
}

/// The normalized values of 8-bit red, green and blue [3, 256].
struct ColorTable: Sendable {
  let values: [Float]
}
