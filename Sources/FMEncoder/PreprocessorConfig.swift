import FMArchive
import FMBase

/// preprocessor_config.json of a checkpoint.
struct PreprocessorConfig: Decodable {
  /// A size: one length, or several by name.
  enum Size: Decodable {
    case side(Int)
    case named([String: Int])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let side = try? container.decode(Int.self) {
        self = .side(side)
      } else {
        self = .named(try container.decode([String: Int].self))
      }
    }
  }

  let doResize: Bool?
  let doCenterCrop: Bool?
  let doNormalize: Bool?
  package let size: Size?
  let cropSize: Size?
  let resample: Int?
  let rescaleFactor: Double?
  let imageMean: [Float]?
  let imageStd: [Float]?

  package enum CodingKeys: String, CodingKey {
    case doResize = "do_resize"
    case doCenterCrop = "do_center_crop"
    case doNormalize = "do_normalize"
    case size
    case cropSize = "crop_size"
    case resample
    case rescaleFactor = "rescale_factor"
    case imageMean = "image_mean"
    case imageStd = "image_std"
  }
}

extension Preprocessing {
  /// Reads the preprocessing of the checkpoint in `folder`.
  /// - Throws: `noInput` or `ioError` if preprocessor_config.json cannot be read, `badData` if it
  ///   is invalid or not supported.
  public init(folder: String) throws(FedMedError) {
    let path = "\(folder)/preprocessor_config.json"
    let config: PreprocessorConfig = try Checkpoint.json(path)
    func fault(_ reason: String) -> FedMedError { FedMedError(.badData, reason, file: path) }
    guard let resampling = Resampling(rawValue: config.resample ?? 3) else {
      throw fault("resample \(config.resample ?? 0), expected 2 (bilinear) or 3 (bicubic)")
    }
    let rescale = config.rescaleFactor ?? 1 / 255
    guard (rescale * 255 - 1).magnitude < 1e-6 else {
      throw fault("rescale_factor \(rescale), expected 1/255")
    }
    guard config.doResize ?? true else { throw fault("do_resize is false, expected true") }
    func square(_ size: PreprocessorConfig.Size?) -> Int? {
      switch size {
      case .side(let side): side
      case .named(let sides): sides["height"] == sides["width"] ? sides["height"] : nil
      case nil: nil
      }
    }
    let isCropped = config.doCenterCrop ?? true
    var shortest: Int?
    if case .named(let sides) = config.size { shortest = sides["shortest_edge"] }
    if case .side(let side) = config.size { shortest = side }
    let side: Int
    if isCropped, let crop = square(config.cropSize), let shortest {
      (side, resize) = (crop, .shortestSide(shortest))
    } else if shortest == nil, let whole = square(config.size),
      !isCropped || square(config.cropSize) == whole
    {
      (side, resize) = (whole, .squash)
    } else {
      throw fault("size and crop_size do not give a square input")
    }
    if case .shortestSide(let length) = resize, !(1...4096).contains(length) {
      throw fault("size \(length), expected 1 to 4096")
    }
    let isNormalized = config.doNormalize ?? true
    // The defaults of transformers are CLIP's.
    mean = isNormalized ? config.imageMean ?? [0.48145466, 0.4578275, 0.40821073] : [0, 0, 0]
    deviation =
      isNormalized ? config.imageStd ?? [0.26862954, 0.26130258, 0.27577711] : [1, 1, 1]
    guard (1...2048).contains(side) else { throw fault("input side \(side), expected 1 to 2048") }
    guard mean.count == 3, deviation.count == 3,
      (mean + deviation).allSatisfy({ $0.isFinite }), deviation.allSatisfy({ $0 > 0 })
    else { throw fault("image_mean and image_std must be three numbers, the latter above 0") }
    self.side = side
    self.resampling = resampling
  }
}
