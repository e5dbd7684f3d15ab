import FMArchive
import FMBase
import FMNumerics
import Glibc

/// A checkpoint ready for use: the vision tower, the preprocessing of images, and the text tower,
/// if any, which is loaded on demand.
public struct ImageEncoder: Sendable {
  /// The vision tower.
  public let vision: VisionEncoder
  /// The preprocessing of images.
  public let preprocessing: Preprocessing
  /// τ = exp(logit_scale); 100 for a model without texts.
  public let logitScale: Double
  /// The SHA-256 of model.safetensors, or of its shards one after the other.
  public let checksum: String

  private let checkpoint: Checkpoint
  /// config.json.
  private let config: [UInt8]
  private var hasTexts: Bool { checkpoint.has("text_projection.weight") }

  /// Opens a checkpoint.
  /// - Parameters:
  ///   - folder: a checkpoint in Hugging Face layout.
  ///   - isSquashed: whether images are resized to the square input without regard to their
  ///     proportions, bilinearly, as in the paper's code, instead of by the checkpoint's own rule.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
  public init(folder: String, isSquashed: Bool) throws(FedMedError) {
    var preprocessing = try Preprocessing(folder: folder)
    if isSquashed { (preprocessing.resize, preprocessing.resampling) = (.squash, .bilinear) }
    self.preprocessing = preprocessing
    checkpoint = try Checkpoint(folder: folder)
    vision = try VisionEncoder(checkpoint, side: preprocessing.side)
    checksum = checkpoint.checksum()
    config = try ByteSource(path: EncoderConfig.path(folder)).read(upTo: 1 << 26)
    if checkpoint.has("text_projection.weight") {
      let scale = try checkpoint.matrix("logit_scale", rows: 1, columns: 1)
      logitScale = exp(Double(scale[0, 0]))
    } else {
      logitScale = 100
    }
    guard logitScale > 0 && logitScale <= 300 else {
      throw FedMedError(
        .badData, "logit_scale gives \(logitScale), expected above 0 and at most 300",
        file: folder)
    }
  }

  /// The SHA-256 of all that features depend on except weights and images: config.json, the
  /// preprocessing and the window.
  public func settings(window: GrayWindow?) -> String {
    let text = "\(preprocessing.canonicalText) \(window?.canonicalText ?? "-") "
    return SHA256.hexadecimal(SHA256.digest(Array(text.utf8) + config))
  }

  /// Encodes class texts to features [C, D].
  /// - Parameter texts: the texts of each class; for several, the mean of their normalized features
  ///   counts.
  /// - Throws: `usage` if the checkpoint has no text tower, `badData` if it is invalid, or two
  ///   classes have the same features.
  public func features(of texts: [[String]]) throws(FedMedError) -> Matrix {
    guard hasTexts else {
      throw FedMedError(
        .usage, "the checkpoint has no text tower", hint: "use class anchors instead of texts")
    }
    let tower = try TextEncoder(checkpoint)
    var result = Matrix(rows: texts.count, columns: vision.dimension)
    for (c, own) in texts.enumerated() {
      let raw = try tower.encode(own)
      guard raw.columns == vision.dimension else {
        throw FedMedError(
          .badData,
          "text features have dimension \(raw.columns), image features \(vision.dimension)")
      }
      let features = own.count == 1 ? raw : raw.normalizedRows()
      for i in 0..<features.columns {
        result[c, i] = (0..<own.count).reduce(0) { $0 + features[$1, i] } / Float(own.count)
      }
    }
    for c in texts.indices {
      if let duplicate = texts.indices.first(where: {
        $0 < c && result.row($0) == result.row(c)
      }) {
        throw FedMedError(
          .badData, "classes \(duplicate + 1) and \(c + 1) have the same text",
          hint: "only the first 75 tokens of a text are read")
      }
    }
    return result
  }
}
