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

  private let family: any EncoderFamily
  private let options: EncodingOptions
  /// The file that describes the model.
  private let config: [UInt8]

  /// Opens a checkpoint.
  /// - Parameters:
  ///   - folder: a checkpoint as it is downloaded.
  ///   - options: pooling, layer and precision.
  ///   - isSquashed: whether images are resized to the square input without regard to their
  ///     proportions, bilinearly, as in the paper's code, instead of by the checkpoint's own rule.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid, `usage` if the checkpoint
  ///   lacks what the options ask for.
  public init(
    folder: String, options: EncodingOptions, isSquashed: Bool
  ) throws(FedMedError) {
    family = try Families.open(folder)
    self.options = options
    var preprocessing = try family.preprocessing()
    if isSquashed { (preprocessing.resize, preprocessing.resampling) = (.squash, .bilinear) }
    self.preprocessing = preprocessing
    vision = try VisionEncoder(family, side: preprocessing.side, options: options)
    checksum = family.checkpoint.checksum()
    config = try ByteSource(path: family.config.path).read(upTo: 1 << 26)
    logitScale = try family.logitScale()
  }

  /// Whether the checkpoint maps texts to the space of the images' features.
  public var hasTexts: Bool { family.hasTexts && vision.pooling == .projection }

  /// The SHA-256 of all that features depend on except weights, precision and images: the file that
  /// describes the model, the preprocessing, and pooling and layer if they are chosen.
  /// - Parameters:
  ///   - windows: the gray values to show of wide images.
  ///   - units: how samples are made from series; `nil` if each image is a sample.
  public func settings(windows: [GrayWindow], units: String? = nil) -> String {
    let shown = windows.map(\.canonicalText).joined(separator: ", ")
    var text = "\(preprocessing.canonicalText) \(windows.isEmpty ? "-" : shown) "
    if let units { text += "\(units) " }
    if let pooling = options.pooling { text += "pool \(pooling.rawValue) " }
    if let layer = options.layer { text += "layer \(layer) " }
    return SHA256.hexadecimal(SHA256.digest(Array(text.utf8) + config))
  }

  /// Encodes class texts to features [C, D].
  /// - Parameter texts: the texts of each class; for several, the mean of their normalized features
  ///   counts.
  /// - Throws: `usage` if the checkpoint has no text tower, or images are not mapped to the space of
  ///   its features; `badData` if it is invalid, or two classes have the same features.
  public func features(of texts: [[String]]) throws(FedMedError) -> Matrix {
    guard family.hasTexts else {
      throw FedMedError(
        .usage, "the checkpoint has no text tower", hint: "use class anchors instead of texts")
    }
    guard vision.pooling == .projection else {
      throw FedMedError(
        .usage, "texts cannot be compared with images unless their features are projected",
        hint: "use class anchors instead of texts")
    }
    let tower = try TextEncoder(family)
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
          hint: "only the beginning of a text is read")
      }
    }
    return result
  }
}
