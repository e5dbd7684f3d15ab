import ArgumentParser
import FMCommand
import FedMed

extension Pooling: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

/// The options for the encoder.
struct EncoderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The encoder: a folder with a checkpoint as it is downloaded.", valueName: "folder"),
    completion: .directory)
  var checkpoint: String?

  @Option(
    help: """
      Make features of the class token, of the mean of the patches, of both, or by the checkpoint's \
      projection (the checkpoint's own way).
      """)
  var pool: Pooling?

  @Option(help: "Use the tokens behind this layer, from 1, normalized as the last ones (the last).")
  var layer: Int?

  @Option(
    help:
      "The precision of the encoder's products; bfloat16 and int8 are faster and less accurate (float32)."
  )
  var precision: Precision?

  @Flag(
    name: .customLong("benchmark"),
    help: "Print how many images per second this machine encodes, and stop; needs no images.")
  var isBenchmark = false

  var isGiven: Bool { checkpoint != nil || pool != nil || layer != nil || precision != nil }

  /// The choices for encoding.
  var choices: EncodingOptions {
    EncodingOptions(pooling: pool, layer: layer, precision: precision ?? .float32)
  }

  mutating func validate() throws {
    if let layer, layer < 1 { throw ValidationError("--layer must be at least 1") }
    if layer != nil && pool == .projection {
      throw ValidationError("--layer cannot be combined with --pool projection")
    }
  }
}
