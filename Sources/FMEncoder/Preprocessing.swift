/// The preprocessing of images for an encoder: resizing, cropping, and normalization of colors.
public struct Preprocessing: Equatable, Sendable {
  /// How images are resized.
  public enum Resize: Equatable, Sendable {
    /// The shorter side to this number of pixels, the other side in proportion, rounded down.
    case shortestSide(Int)
    /// To the input's size, regardless of proportions.
    case squash
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

  /// A text of all values, part of a checksum: it must never change.
  var canonicalText: String {
    let name = "FMEncoder.Preprocessing.Resize"
    let how =
      switch resize {
      case .shortestSide(let size): "\(name).shortestSide(\(size))"
      case .squash: "\(name).squash"
      }
    let filter = resampling == .bilinear ? "bilinear" : "bicubic"
    return "Preprocessing(resize: \(how), resampling: FMEncoder.Resampling.\(filter), "
      + "side: \(side), mean: \(mean), deviation: \(deviation))"
  }

  /// Returns the image resized and cropped to the input's size.
  public func fit(_ image: Raster) -> Raster {
    switch resize {
    case .squash:
      return resampling.resize(image, width: side, height: side)
    case .shortestSide(let size):
      let short = min(image.width, image.height)
      func scaled(_ length: Int) -> Int { length == short ? size : size * length / short }
      let (width, height) = (scaled(image.width), scaled(image.height))
      /// Returns the part of a length that the crop keeps. Only that part is computed, because the
      /// longer side may be a thousand times the other.
      func kept(_ length: Int) -> Range<Int> {
        let start = max((length - side) >> 1, 0)
        return start..<min(start + side, length)
      }
      let resized = resampling.resize(
        image, width: width, height: height, columns: kept(width), rows: kept(height))
      // Images smaller than the input get a black border.
      return resized.centerCrop(width: side, height: side)
    }
  }
}
