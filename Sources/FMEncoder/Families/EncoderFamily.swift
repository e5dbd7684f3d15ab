import FMArchive
import FMBase
import FMNumerics
import Glibc

/// A kind of checkpoint: how its files are read as a vision transformer, the preprocessing of images
/// and, if there is one, a text tower.
protocol EncoderFamily: Sendable {
  /// The file that describes the model.
  var config: CheckpointConfig { get }
  /// The weights.
  var checkpoint: Checkpoint { get }
  /// Whether there is a text tower.
  var hasTexts: Bool { get }

  /// Reads the vision transformer for images of `side` × `side` pixels.
  /// - Throws: `badData` if config or tensors are missing or invalid, or do not fit `side`.
  func vision(side: Int) throws(FedMedError) -> VisionLayout

  /// Reads the preprocessing of images.
  /// - Throws: `noInput` if its file is missing, `badData` if it is invalid or not supported.
  func preprocessing() throws(FedMedError) -> Preprocessing

  /// Reads the text tower.
  /// - Throws: `noInput` if a file is missing, `badData` if config or tensors are missing or invalid.
  /// - Precondition: there is one.
  func text() throws(FedMedError) -> TextLayout
}

extension EncoderFamily {
  /// The path of the checkpoint's folder.
  var folder: String { checkpoint.folder }
  var hasTexts: Bool { false }

  func text() throws(FedMedError) -> TextLayout { throw config.fault("no text tower") }

  /// τ = exp(logit_scale); 100 for a model without texts. SigLIP's logit_bias is the same for all
  /// classes, so it has no effect on a softmax.
  /// - Throws: `badData` if it is out of range.
  func logitScale() throws(FedMedError) -> Double {
    guard hasTexts else { return 100 }
    let scale = exp(Double(try checkpoint.matrix("logit_scale", rows: 1, columns: 1)[0, 0]))
    guard scale > 0 && scale <= 300 else {
      throw FedMedError(
        .badData, "logit_scale gives \(scale), expected above 0 and at most 300", file: folder)
    }
    return scale
  }

  /// Returns the number of rows of a projection, which is the number of features.
  /// - Throws: `badData` if the tensor is missing or its size is out of range.
  func projectionSize(_ name: String) throws(FedMedError) -> Int {
    let size = try checkpoint.shape(of: name).first ?? 0
    guard (1...Manifest.largestDimension).contains(size) else {
      throw config.fault(
        "a projection to \(size) features, expected 1 to \(Manifest.largestDimension)")
    }
    return size
  }
}

/// All families, by what identifies a checkpoint. A new one gets a file in this folder and a line
/// here.
enum Families {
  /// By the `model_type` of config.json.
  private static let byModelType: [String: Open] =
    [
      "clip": { opening throws(FedMedError) in try CLIPFamily(opening) },
      "clip_vision_model": { opening throws(FedMedError) in try CLIPFamily(opening) },
      "dinov2": { opening throws(FedMedError) in try DINOv2Family(opening) },
      "dinov2_with_registers": { opening throws(FedMedError) in try DINOv2Family(opening) },
      "dinov3_vit": { opening throws(FedMedError) in try DINOv3Family(opening) },
      "siglip": { opening throws(FedMedError) in try SigLIPFamily(opening) },
      "siglip_vision_model": { opening throws(FedMedError) in try SigLIPFamily(opening) },
      "vit": { opening throws(FedMedError) in try ViTFamily(opening) },
    ]

  private typealias Open = @Sendable (Opening) throws(FedMedError) -> any EncoderFamily

  /// The config of a checkpoint that is being opened.
  struct Opening {
    let folder: String
    let config: CheckpointConfig

    /// Opens the weights.
    /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
    func checkpoint(
      _ name: String = "model", prefixes: [String] = []
    ) throws(FedMedError) -> Checkpoint {
      try Checkpoint(folder: folder, name: name, prefixes: prefixes)
    }
  }

  /// Opens a checkpoint folder.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid or the model is of an
  ///   unknown kind.
  static func open(_ folder: String) throws(FedMedError) -> any EncoderFamily {
    let openCLIP = "\(folder)/open_clip_config.json"
    if access(openCLIP, F_OK) == 0 {
      return try OpenCLIPFamily(
        Opening(folder: folder, config: CheckpointConfig(path: openCLIP)))
    }
    let config = try CheckpointConfig(path: "\(folder)/config.json")
    let opening = Opening(folder: folder, config: config)
    if config.has("architecture") { return try TimmFamily(opening) }
    let type = try config.text("model_type") ?? ""
    guard let family = byModelType[type] else {
      let known = byModelType.keys.sorted().joined(separator: ", ")
      throw config.fault("model_type '\(printable(type))' (known: \(known))")
    }
    return try family(opening)
  }
}
