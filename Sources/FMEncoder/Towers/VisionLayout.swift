import FMBase
import FMNumerics

/// A vision transformer as the family of its checkpoint describes it: sizes, names of the layers'
/// tensors, and the small tensors around the layers.
struct VisionLayout: Sendable {
  /// What a checkpoint adds to its transformer to make features of the final tokens.
  enum Head: Sendable {
    /// A linear map of the class token, or of the mean of the patches, into the space of the texts if
    /// there are any.
    case linear(FrozenLinear, isOfMean: Bool)
    /// Attention pooling.
    case attention(AttentionPooling)
  }

  var shape: TransformerShape
  var layers: [TransformerBlock.Names]
  /// p, the side of a patch in pixels.
  var patch: Int
  /// g, the number of patches along a side.
  var grid: Int
  /// The map from patches, ordered by color, row and column [_, 3 p²], to tokens [_, w].
  var embedding: LinearNames
  /// The tokens in front of the patches, with their positions: the class token, if any, and the
  /// registers [r, w].
  var prefix: Matrix
  /// Whether the first token is the class token.
  var hasClassToken = true
  /// The embedded positions of the patches [g², w]; `nil` for rotary positions.
  var positions: Matrix?
  var rotation: RotaryPositions?
  var normBefore: Norm?
  var normAfter: Norm
  /// Whether the last normalization follows the pooling of tokens instead of preceding it.
  var isNormPooled = false
  var head: Head?
  /// The pooling that the checkpoint's authors use.
  var pooling: Pooling

  /// The number of tokens of an image.
  var tokens: Int { prefix.rows + grid * grid }
}

/// How an image's features are made of its tokens.
public enum Pooling: String, CaseIterable, Sendable {
  /// The class token.
  case classToken = "cls"
  /// The mean of the patches' tokens.
  case mean
  /// The class token, followed by the mean of the patches' tokens.
  case classTokenAndMean = "cls+mean"
  /// The checkpoint's own projection: CLIP's linear map, SigLIP's attention pooling.
  case projection
}

/// The patches of an image along a side.
struct PatchGrid {
  /// p, the side of a patch in pixels.
  let patch: Int
  /// The number of patches of the images that the encoder was trained with.
  let trained: Int
  /// The number of patches of the images to encode.
  let wanted: Int

  /// The largest number of patches along a side: 16,384 in an image.
  private static let largest = 128

  /// Creates a grid for images of `side` × `side` pixels.
  /// - Parameter trainedSide: the side of the images that the encoder was trained with.
  /// - Throws: `badData` if a size is out of range.
  init(
    _ config: CheckpointConfig, patch: Int, trainedSide: Int, side: Int
  ) throws(FedMedError) {
    guard patch >= 1, patch <= side, patch <= trainedSide else {
      throw config.fault(
        "patches of \(patch) pixels, but images of \(min(side, trainedSide)) pixels")
    }
    (self.patch, trained, wanted) = (patch, trainedSide / patch, side / patch)
    guard max(trained, wanted) <= Self.largest else {
      throw config.fault(
        "\(max(trained, wanted)) patches along a side, expected at most \(Self.largest)")
    }
  }

  /// Reads the sizes under the keys that Hugging Face's transformers library uses.
  /// - Parameters:
  ///   - patch: the default side of a patch.
  ///   - isFixed: whether positions cannot be interpolated to another grid.
  /// - Throws: `badData` if a size is out of range, or `side` does not fit.
  init(
    _ config: CheckpointConfig, defaultPatch patch: Int, side: Int, isFixed: Bool = false
  ) throws(FedMedError) {
    let trainedSide = try config.integer("image_size", default: 224, in: 1...2048)
    try self.init(
      config, patch: config.integer("patch_size", default: patch, in: 1...2048),
      trainedSide: trainedSide, side: side)
    guard !isFixed || trained == wanted else {
      throw config.fault("image_size \(trainedSide), but the input has side \(side)")
    }
  }
}
