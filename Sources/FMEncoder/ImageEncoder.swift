import FMArchive
import FMBase
import FMNumerics
import Glibc

/// A checkpoint ready for use: the vision tower, what images must look like for it, and the text
/// tower, where there is one, once it is asked for.
public struct ImageEncoder: Sendable {
  public let vision: VisionEncoder
  public let preprocessing: Preprocessing
  /// τ = exp(logit_scale); 100 for a model without one.
  public let logitScale: Double
  /// The SHA-256 of model.safetensors; of its pieces one after the other where it is in pieces.
  public let checksum: String

  private let checkpoint: Checkpoint
  /// config.json.
  private let config: [UInt8]
  private var hasTexts: Bool { checkpoint.has("text_projection.weight") }

  /// - Parameters:
  ///   - folder: a checkpoint in Hugging Face layout.
  ///   - isSquashed: images go straight to the input's square, bilinear, as in the paper's code,
  ///     whatever the checkpoint says of resizing.
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
      throw FedMedError(.badData, "logit_scale gives \(logitScale)", file: folder)
    }
  }

  /// The SHA-256 of all that features depend on beside weights and images: config.json, and how
  /// images become the input.
  public func settings(window: GreyWindow?) -> String {
    let text = "\(preprocessing) \(window.map { "\($0)" } ?? "-") "
    return SHA256.hexadecimal(SHA256.digest(Array(text.utf8) + config))
  }

  /// Features of classes from texts [C, D].
  /// - Parameter texts: those of each class; of several the mean of the normalised features is taken.
  public func features(of texts: [[String]]) throws(FedMedError) -> Matrix {
    guard hasTexts else {
      throw FedMedError(
        .usage, "the checkpoint has no texts", hint: "class anchors take their place")
    }
    let tower = try TextEncoder(checkpoint)
    var result = Matrix(rows: texts.count, columns: vision.dimension)
    for (c, own) in texts.enumerated() {
      let raw = try tower.encode(own)
      guard raw.columns == vision.dimension else {
        throw FedMedError(
          .badData, "texts have \(raw.columns) features, images \(vision.dimension)")
      }
      let features = own.count == 1 ? raw : raw.normalizedRows()
      for i in 0..<features.columns {
        result[c, i] = (0..<own.count).reduce(0) { $0 + features[$1, i] } / Float(own.count)
      }
    }
    for c in texts.indices {
      if let twin = texts.indices.first(where: { $0 < c && result.row($0) == result.row(c) }) {
        throw FedMedError(
          .badData, "classes \(twin + 1) and \(c + 1) have the same text",
          hint: "of a text no more than 75 tokens are read")
      }
    }
    return result
  }
}
