import FMBase
import FMNumerics

/// A vision transformer of the timm library, as its models are downloaded: config.json with
/// `architecture` and `pretrained_cfg`; UNI, UNI2 and Virchow are some.
struct TimmFamily: EncoderFamily {
  let config: CheckpointConfig
  let checkpoint: Checkpoint

  init(_ opening: CheckpointOpening) throws(FedMedError) {
    config = opening.config
    checkpoint = try opening.checkpoint()
  }

  func vision(side: Int) throws(FedMedError) -> VisionLayout {
    let arguments = try config.object("model_args")
    // As in timm, the key of the same name beside model_args has no effect.
    let pool = try arguments?.text("global_pool") ?? ""
    var heads: Int?
    if let arguments, arguments.has("num_heads") {
      heads = try arguments.integer("num_heads", in: TransformerShape.range)
    }
    for key in ["mlp_layer", "norm_layer", "block_fn", "embed_layer", "attn_layer"]
    where arguments?.has(key) == true {
      throw config.fault("model_args.\(key) is not supported")
    }
    return try TimmTransformer(
      name: config.text("architecture") ?? "", prefix: "", checkpoint: checkpoint, config: config,
      heads: heads, pool: pool, activation: arguments?.text("act_layer")
    ).layout(side: side, projection: nil)
  }

  func preprocessing() throws(FedMedError) -> Preprocessing {
    let own = try config.object("pretrained_cfg") ?? config
    var side = 224
    if let size = try own.numbers("input_size") {
      guard size.count == 3, size[0] == 3, size[1] == size[2], (1...2048).contains(size[1]) else {
        throw config.fault("input_size \(size), expected 3 colors of a square of 1 to 2048 pixels")
      }
      side = Int(size[1])
    }
    let crop = try own.number("crop_pct", default: 0.875, in: 0.1...1)
    let resize: Preprocessing.Resize
    switch try own.text("crop_mode") ?? "center" {
    case "center": resize = .shortestSide(Int(Double(side) / crop))
    case "squash" where crop == 1: resize = .squash
    case let mode: throw config.fault("crop_mode '\(printable(mode))', expected center")
    }
    let filters: [String: Resampling] = [
      "bilinear": .bilinear, "bicubic": .bicubic, "lanczos": .lanczos, "box": .box,
      "hamming": .hamming,
    ]
    let name = try own.text("interpolation") ?? "bicubic"
    guard let filter = filters[name] else {
      throw config.fault("interpolation '\(printable(name))' is not supported")
    }
    return try Preprocessing(
      resize: resize, resampling: filter, side: side,
      mean: own.numbers("mean") ?? Preprocessing.imageNet.mean,
      deviation: own.numbers("std") ?? Preprocessing.imageNet.deviation, style: .torchvision,
      config: config)
  }
}
