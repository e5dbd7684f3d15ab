import FMArchive
import FMBase
import FMNumerics
import Glibc

/// A kind of checkpoint: how its files are read as a vision transformer, the preprocessing of images
/// and, if there is one, a text tower.
protocol EncoderFamily: Sendable {
  /// The values of `model_type` in config.json that identify the family; none if something else does.
  static var modelTypes: [String] { get }
  /// The file that describes the model.
  var config: CheckpointConfig { get }
  /// The weights.
  var checkpoint: Checkpoint { get }
  /// Whether there is a text tower.
  var hasTexts: Bool { get }

  /// Opens the checkpoint's weights.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
  init(_ opening: CheckpointOpening) throws(FedMedError)

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
  static var modelTypes: [String] { [] }

  /// Reads preprocessor_config.json.
  func preprocessing() throws(FedMedError) -> Preprocessing {
    try Preprocessing(folder: folder)
  }

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

/// A checkpoint that is being opened.
struct CheckpointOpening {
  /// The path of the folder.
  let folder: String
  /// The file that describes the model.
  let config: CheckpointConfig

  /// Opens the weights.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
  func checkpoint(
    _ name: String = "model", prefixes: [String] = []
  ) throws(FedMedError) -> Checkpoint {
    try Checkpoint(folder: folder, name: name, prefixes: prefixes)
  }
}

/// All families. A new one gets a file in this folder and an entry here.
enum Families {
  /// Those that config.json names by its `model_type`.
  private static let ofTransformers: [any EncoderFamily.Type] = [
    CLIPFamily.self, DINOv2Family.self, DINOv3Family.self, SigLIPFamily.self, ViTFamily.self,
  ]

  /// Opens a checkpoint folder.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid or the model is of an
  ///   unknown kind.
  static func open(_ folder: String) throws(FedMedError) -> any EncoderFamily {
    let openCLIP = "\(folder)/open_clip_config.json"
    // Some checkpoints, such as those of LAION, have the files of both libraries.
    let weights = ["model.safetensors", "model.safetensors.index.json"]
    let isTransformers =
      access("\(folder)/config.json", F_OK) == 0
      && weights.contains { access("\(folder)/\($0)", F_OK) == 0 }
    if access(openCLIP, F_OK) == 0, !isTransformers {
      return try OpenCLIPFamily(
        CheckpointOpening(folder: folder, config: CheckpointConfig(path: openCLIP)))
    }
    let config = try CheckpointConfig(path: "\(folder)/config.json")
    let opening = CheckpointOpening(folder: folder, config: config)
    if config.has("architecture") { return try TimmFamily(opening) }
    let type = try config.text("model_type") ?? ""
    guard let family = ofTransformers.first(where: { $0.modelTypes.contains(type) }) else {
      let known = ofTransformers.flatMap { $0.modelTypes }.joined(separator: ", ")
      throw config.fault("model_type '\(printable(type))' (known: \(known))")
    }
    return try family.init(opening)
  }
}
