import ArgumentParser
import FMCommand
import FedMed

/// Makes feature archives.
struct Extract: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-extract",
    abstract: "Encode a site's images with a frozen encoder into a feature archive.",
    usage: """
      fm-extract --checkpoint DIR [options] FOLDER > FEATURES
      fm-extract --checkpoint DIR --table TSV [options] [FOLDER] > FEATURES
      tar c FOLDER | fm-extract --checkpoint DIR [options] > FEATURES
      fm-extract --import --features FILE --text NPY --classes FILE --table TSV --encoder NAME \
      [options] > FEATURES
      fm-extract --import --features CSV --anchors N --encoder NAME [options] > FEATURES
      """,
    discussion: """
      Images are JPEG, PNG, TIFF or PNM files in class folders, or files listed in a table; the folder \
      may be a tar archive. The encoder is a checkpoint of CLIP, SigLIP, BiomedCLIP, DINOv2, DINOv3 or \
      another vision transformer. With --import, \
      features that another program computed are read from NumPy files or a table, and checked.
      """,
    version: version(of: "fm-extract"))

  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Encoder") var model: EncoderOptions

  @OptionGroup(title: "Import") var imported: ImportOptions

  @Option(
    help: ArgumentHelp(
      "Use these features of the class texts [C, D], such as those of another site.",
      valueName: "npy"),
    completion: .file())
  var text: String?

  @Option(
    help: ArgumentHelp("The names of the classes, one per line.", valueName: "file"),
    completion: .file())
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "The table of samples, tab-separated with a header; its first column names them.",
      valueName: "tsv"),
    completion: .file())
  var table: String?

  @Option(
    help: ArgumentHelp(
      "The name of the encoder (the name of the checkpoint's folder).", valueName: "name"))
  var encoder: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the archive to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(
    help: ArgumentHelp(
      "The images: a folder or a tar archive; - is standard input. With --table, its paths are relative to it.",
      valueName: "images"), completion: .file())
  var input: String?

  func execute() throws(FedMedError) {
    let inputs = imported.paths + images.paths + [classes, table, text, input].compactMap { $0 }
    try Output.check(output, inputs: inputs, isBinary: true)
    if imported.isImport {
      guard !images.isGiven, !model.isGiven, input == nil else {
        throw FedMedError(.usage, "--import cannot be combined with images or options for them")
      }
      guard text == nil || images.anchors == nil else {
        throw FedMedError(.usage, "--text cannot be combined with --anchors")
      }
      try write(
        imported.read(
          text: text, classes: classes, table: table, encoder: encoder, anchors: images.anchors,
          seed: images.seed), inputs)
    } else {
      guard !imported.isGiven else {
        throw FedMedError(.usage, "--features, --labels and --logit-scale require --import")
      }
      try encode(inputs)
    }
  }

  private func write(_ set: FeatureSet, _ inputs: [String]) throws(FedMedError) {
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try set.write(tool: Self.signature, to: descriptor, file: file)
    }
    detail("encoder \(set.encoder.json.line)")
    inform(
      "\(set.count) samples, \(set.encoder.dimension) features each, \(set.classes.count) classes"
        + (set.labels == nil ? ", no labels" : ""))
  }

  private func encode(_ inputs: [String]) throws(FedMedError) {
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
    try images.threads.start(most: VisionEncoder.maxThreads)
    let source = try images.source(images: input, table: table, classes: classes)
    // The files of the checkpoint and the images are inputs too.
    let inputs = inputs + Folder.files(checkpoint) + (source.list?.paths ?? [])
    try Output.check(output, inputs: inputs, isBinary: true)
    let bundle = try ImageEncoder(
      folder: checkpoint, options: model.choices, isSquashed: images.resize == .squash)
    // If the list of images is known, errors in its class references are found before encoding.
    let early = try source.list.map { list throws(FedMedError) in
      try classReference(list, bundle)
    }
    let settings = bundle.settings(window: images.window)
    let log = try ExtractionLog(
      settings: [
        Self.signature, bundle.checksum, settings, model.choices.precision.rawValue,
        images.damage?.text,
      ]
      .compactMap { $0 }.joined(separator: " "),
      dimension: bundle.vision.dimension, folder: images.work, batch: bundle.vision.batch)
    if log.resumed > 0 { inform("resuming after \(log.resumed) images") }

    let bar = progress("encoding", total: source.list?.paths.count)
    let extraction = FeatureExtraction(
      encoder: bundle.vision, preprocessing: bundle.preprocessing, window: images.window,
      damage: images.damage)
    try extraction.encode(
      source, log: log,
      unreadable: { error throws(FedMedError) in
        guard images.skipUnreadable else { throw error }
        messages.report(error, as: .skipped)
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
        layer: model.layer, precision: model.choices.precision.rawValue), damage: images.damage)
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
      return .texts(try bundle.features(of: images.texts(list.classes)))
    }
    return .texts(
      try FeatureImport.text(
        path: text, classes: list.classes.count, dimension: bundle.vision.dimension))
  }
}

Extract.start()
