import FMCommand
import FedMed

extension Extract {
  /// How long each precision is measured at least.
  private static let seconds = 5.0
  private static let columns = [
    "precision", "threads", "images", "images_per_second", "hours_per_10000",
  ]

  /// Prints how many images per second the encoder takes here, in each precision or the chosen one.
  func benchmark() throws(FedMedError) {
    guard let checkpoint = model.checkpoint else {
      throw FedMedError(.usage, "--benchmark requires --checkpoint")
    }
    guard input.isEmpty, !isJoin, !imported.isImport, !imported.isGiven, output == nil,
      table == nil, classes == nil, text == nil, encoder == nil, images.anchors == nil,
      !images.needsImages, !series.isGiven
    else { throw FedMedError(.usage, "--benchmark takes no images, and no options for them") }
    try images.threads.start(most: VisionEncoder.maxThreads)
    try listing.check(Self.columns)
    var records = Records("precisions", columns: Self.columns)
    for precision in model.precision.map({ [$0] }) ?? Precision.allCases.filter(\.isSupported) {
      var choices = model.choices
      choices.precision = precision
      let encoder = try ImageEncoder(
        folder: checkpoint, options: choices, isSquashed: images.resize == .squash)
      let (rate, count) = try EncodingSpeed.measure(encoder, seconds: Self.seconds)
      records.add([
        .string(precision.rawValue), .integer(Parallel.threads), .integer(count),
        .rounded(rate, places: 2), .rounded(10_000 / rate / 3600, places: 2),
      ])
    }
    try records.write(to: nil, listing, messages: messages)
  }
}
