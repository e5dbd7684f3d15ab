import FMCommand
import FMSeries
import FedMed

extension Extract {
  /// Encodes images.
  func encode(_ inputs: [String]) throws(FedMedError) {
    guard let checkpoint = model.checkpoint else {
      throw FedMedError(.usage, "either --checkpoint or --import is required")
    }
    guard text == nil || images.anchors == nil && images.texts == nil && images.prompt.isEmpty
    else {
      throw FedMedError(.usage, "--text cannot be combined with --prompt, --texts or --anchors")
    }
    let name = encoder ?? checkpoint.split(separator: "/").last.map(String.init) ?? checkpoint
    guard Name.isValid(name) else {
      throw FedMedError(.usage, "invalid encoder name '\(printable(name))'")
    }
    guard images.shard == nil || images.anchors == nil else {
      throw FedMedError(
        .usage, "--anchors cannot be combined with --shard", hint: "pass it to --join")
    }
    try images.threads.start(most: VisionEncoder.maxThreads)
    let windows = series.unit == nil ? try images.grayWindows() : []
    let source: any ImageSource
    if let unit = series.unit {
      source = images.part(of: try seriesImages(unit))
    } else {
      source = try images.source(images: input.first, table: table, classes: classes)
    }
    // The files of the checkpoint and the images are inputs too.
    let inputs = inputs + Folder.files(checkpoint) + source.files
    try Output.check(output, inputs: inputs, isBinary: true)
    let bundle = try ImageEncoder(
      folder: checkpoint, options: model.choices, isSquashed: images.resize == .squash)
    // If the list of images is known, errors in its class references are found before encoding.
    let early = try source.list.map { list throws(FedMedError) in
      try classReference(list, bundle)
    }
    let settings = bundle.settings(
      windows: windows,
      units: series.unit.map { series.choices($0, images.windows).canonicalText })
    let log = try ExtractionLog(
      settings: [
        Self.signature, bundle.checksum, settings, model.choices.precision.rawValue,
        images.damage?.text, images.shard?.text,
      ]
      .compactMap { $0 }.joined(separator: " "),
      dimension: bundle.vision.dimension, folder: images.work)
    if log.resumed > 0 { inform("resuming after \(log.resumed) images") }

    let bar = progress(
      "encoding", total: source.list?.paths.count, resumed: log.resumed)
    let extraction = FeatureExtraction(
      encoder: bundle.vision, preprocessing: bundle.preprocessing, windows: windows,
      damage: images.damage)
    var damaged: Set<String> = []
    try extraction.encode(
      source, log: log,
      unreadable: { error throws(FedMedError) in
        guard images.skipUnreadable else { throw error }
        // One line for a file with several slices.
        guard let file = error.file, !damaged.insert(file).inserted else {
          messages.report(error, as: .skipped)
          return
        }
      }, progress: { bar.update($0) })
    bar.finish()

    let list = try source.finish()
    let (read, rows) = try log.finish()
    let skipped = list.paths.count - read.count
    guard skipped == 0 || images.skipUnreadable else {
      throw FedMedError(
        .badData, "\(skipped) images could not be read", file: images.work,
        hint: "--skip-unreadable skips them")
    }
    if images.skipUnreadable { inform("skipped images: \(skipped)") }
    let reference: FeatureAssembly.ClassReference
    if let early { reference = early } else { reference = try classReference(list, bundle) }
    let assembly = FeatureAssembly(
      list: list,
      encoder: Manifest.Encoder(
        name: name, dimension: bundle.vision.dimension, logitScale: bundle.logitScale,
        sha256: bundle.checksum, settings: settings, pool: bundle.vision.pooling.rawValue,
        layer: model.layer, precision: model.choices.precision.rawValue), damage: images.damage,
      shard: images.shard)
    let set = try assembly.features(of: read, rows, classes: reference)
    try write(set, inputs)
    try log.remove()
  }

  /// The references of the classes: the features of their texts, or the images drawn as anchors.
  private func classReference(
    _ list: ImageList, _ bundle: ImageEncoder
  ) throws(FedMedError) -> FeatureAssembly.ClassReference {
    if let drawn = try images.draw(list) {
      return .images(drawn, count: images.anchors ?? 0)
    }
    guard let text else {
      if images.shard != nil, !bundle.hasTexts { return .later }
      return .texts(try bundle.features(of: images.texts(list.classes)))
    }
    return .texts(
      try FeatureImport.text(
        path: text, classes: list.classes.count, dimension: bundle.vision.dimension))
  }
}
