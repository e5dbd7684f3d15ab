import FMArchive
import FMBase

/// preprocessor_config.json of a checkpoint in Hugging Face's layout.
extension Preprocessing {
  /// The means and deviations of colors in ImageNet.
  static let imageNet = (mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// The means and deviations of colors in OpenAI's data for CLIP.
  static let openAI = (
    mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711]
  )

  /// The values that a processor's configuration may omit.
  private struct Defaults {
    var resampling = Resampling.bicubic
    var isCropped = false
    var knowsCrop = true
    var colors = (mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])

    /// - Parameter processor: the name of the class that reads the configuration.
    init(_ processor: String) {
      let isOf = { (name: String) in processor.hasPrefix(name) }
      if isOf("ViT") || isOf("Siglip") || isOf("DINOv3") { knowsCrop = false }
      if isOf("ViT") { resampling = .bilinear }
      if isOf("DINOv3") { (resampling, colors) = (.bilinear, Preprocessing.imageNet) }
      // CLIP, BitImageProcessor of DINOv2, and files that do not name their processor.
      if processor.isEmpty || isOf("CLIP") || isOf("Bit") {
        (isCropped, colors) = (true, Preprocessing.openAI)
      }
    }
  }

  /// Reads the preprocessing of the checkpoint in `folder`.
  /// - Throws: `noInput` or `ioError` if preprocessor_config.json cannot be read, `badData` if it
  ///   is invalid or not supported.
  public init(folder: String) throws(FedMedError) {
    try self.init(CheckpointConfig(path: "\(folder)/preprocessor_config.json"))
  }

  /// Reads preprocessing from preprocessor_config.json.
  /// - Throws: `badData` if it is invalid or not supported.
  init(_ config: CheckpointConfig) throws(FedMedError) {
    let processor = try config.text(
      firstOf: ["image_processor_type", "feature_extractor_type"])
    let defaults = Defaults(processor ?? "")
    let number = try config.integer("resample", default: defaults.resampling.rawValue, in: 0...5)
    guard let resampling = Resampling(rawValue: number) else {
      throw config.fault("resample \(number), expected 1 to 5")
    }
    let isCropped =
      try config.flag("do_center_crop", default: defaults.isCropped) && defaults.knowsCrop
    let isResized = try config.flag("do_resize", default: true)
    let (side, resize) = try Self.sizes(
      config, isResized: isResized, isCropped: isCropped,
      keepsProportions: defaults.isCropped)
    let isNormalized = try config.flag("do_normalize", default: true)
    let isRescaled = try config.flag("do_rescale", default: true)
    try self.init(
      resize: resize, resampling: resampling, side: side,
      mean: isNormalized ? config.colors("image_mean") ?? defaults.colors.mean : [0, 0, 0],
      deviation: isNormalized
        ? config.colors("image_std") ?? defaults.colors.deviation : [1, 1, 1],
      style: .transformers, config: config)
    rescale = isRescaled ? try config.number("rescale_factor", default: 1 / 255, in: 1e-6...1) : 1
  }

  /// Creates preprocessing with values from a file.
  /// - Throws: `badData` if sizes or colors are out of range.
  init(
    resize: Resize, resampling: Resampling, side: Int, mean: [Double], deviation: [Double],
    style: Style, config: CheckpointConfig
  ) throws(FedMedError) {
    if case .shortestSide(let length) = resize, !(1...4096).contains(length) {
      throw config.fault("size \(length), expected 1 to 4096")
    }
    guard (1...2048).contains(side) else {
      throw config.fault("input side \(side), expected 1 to 2048")
    }
    guard mean.count == 3, deviation.count == 3,
      (mean + deviation).allSatisfy({ $0.magnitude < 1e6 }),
      deviation.allSatisfy({ Float($0) > 0 })
    else {
      throw config.fault("mean and deviation of colors must be three numbers, the latter above 0")
    }
    self.init(
      resize: resize, resampling: resampling, side: side, mean: mean.map { Float($0) },
      deviation: deviation.map { Float($0) })
    self.style = style
  }

  /// Reads the input's side and the way of resizing from `size` and `crop_size`, 224 by default.
  /// - Parameter keepsProportions: whether a single number in `size` is the length of the shorter side.
  private static func sizes(
    _ config: CheckpointConfig, isResized: Bool, isCropped: Bool, keepsProportions: Bool
  ) throws(FedMedError) -> (side: Int, resize: Resize) {
    /// Returns the side of a square.
    func square(_ key: String) throws(FedMedError) -> Int? {
      if case .integer(let side) = config[key] { return side }
      guard let size = try config.object(key), size.has("height") else { return nil }
      let height = try size.integer("height", in: 1...4096)
      return try size.integer("width", in: 1...4096) == height ? height : nil
    }
    let crop = isCropped ? config.has("crop_size") ? try square("crop_size") : 224 : nil
    var shortest: Int?
    if case .object = config["size"], let size = try config.object("size"),
      size.has("shortest_edge")
    {
      shortest = try size.integer("shortest_edge", in: 1...4096)
    } else if keepsProportions {
      if case .integer(let side) = config["size"] { shortest = side }
      if !config.has("size") { shortest = 224 }
    }
    let whole = config.has("size") ? try square("size") : 224
    switch (isResized, isCropped, crop, shortest, whole) {
    case (false, true, let crop?, _, _): return (crop, .none)
    case (false, false, _, _, _):
      throw config.fault("do_resize and do_center_crop are false, so images would differ in size")
    case (true, true, let crop?, let shortest?, _): return (crop, .shortestSide(shortest))
    case (true, false, _, nil, let whole?): return (whole, .squash)
    case (true, true, let crop?, nil, let whole?) where crop == whole: return (whole, .squash)
    default: throw config.fault("size and crop_size do not give a square input")
    }
  }
}

extension CheckpointConfig {
  /// Returns the values of red, green and blue, which may be one number for all; `nil` if the key is
  /// missing.
  /// - Throws: `badData` if the value is neither a number nor a list of numbers.
  fileprivate func colors(_ key: String) throws(FedMedError) -> [Double]? {
    if let gray = self[key]?.double { return [gray, gray, gray] }
    return try numbers(key)
  }
}
