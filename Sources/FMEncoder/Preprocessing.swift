/// How an image becomes the encoder's input: resized, cropped, and its colours normalised.
public struct Preprocessing: Equatable, Sendable {
  /// How an image gets its size.
  public enum Resize: Equatable, Sendable {
    /// The shorter side to this many pixels, the other in proportion, rounded down.
    case shortestSide(Int)
    /// Straight to the input's size, whatever the proportions.
    case squash
  }

  public var resize: Resize
  public var resampling: Resampling
  /// The input's side: what is cropped from the middle, or squashed to.
  public var side: Int
  /// Of red, green and blue.
  public var mean: [Float]
  public var deviation: [Float]

  /// An image of the input's size.
  public func fit(_ image: Raster) -> Raster {
    switch resize {
    case .squash:
      return resampling.resize(image, width: side, height: side)
    case .shortestSide(let size):
      let short = min(image.width, image.height)
      func scaled(_ length: Int) -> Int { length == short ? size : size * length / short }
      let (width, height) = (scaled(image.width), scaled(image.height))
      /// Of a length, what the crop leaves: the longer side may be a thousand times the other.
      func kept(_ length: Int) -> Range<Int> {
        let start = max((length - side) >> 1, 0)
        return start..<min(start + side, length)
      }
      let resized = resampling.resize(
        image, width: width, height: height, columns: kept(width), rows: kept(height))
      // What is smaller than the input gets a black border.
      return resized.centreCrop(width: side, height: side)
    }
  }
}
