import ArgumentParser
import FMCommand
import FedMed

struct Extract: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-extract",
    abstract: "Make a feature archive: what a frozen encoder sees in a site's images.",
    usage: """
      fm-extract --checkpoint DIR [options] FOLDER > FEATURES
      fm-extract --checkpoint DIR --table TSV [options] [FOLDER] > FEATURES
      tar c FOLDER | fm-extract --checkpoint DIR [options] > FEATURES
      fm-extract --import --features FILE --text NPY --classes FILE --table TSV --encoder NAME \
      [options] > FEATURES
      fm-extract --import --features CSV --anchors N --encoder NAME [options] > FEATURES
      """,
    discussion: """
      Images are JPEG, PNG, TIFF or PNM, in a folder or a tar of class folders, or named by a \
      table. The checkpoint is CLIP or DINOv2 in Hugging Face layout. With --import, the features come from another program, \
      as NumPy files or as a table of numbers; they are checked and packed.
      """,
    version: version(of: "fm-extract"))

  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Import") var imported: ImportOptions

  @Option(
    help: ArgumentHelp(
      "Class features [C, D] from elsewhere, such as another site's.", valueName: "npy"),
    completion: .file())
  var text: String?

  @Option(
    help: ArgumentHelp("The classes' names, one a line.", valueName: "file"), completion: .file())
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "The samples, tab-separated with a header; the first column names them.", valueName: "tsv"),
    completion: .file())
  var table: String?

  @Option(
    help: ArgumentHelp(
      "The encoder's name; of a checkpoint, its folder's name unless said.", valueName: "name"))
  var encoder: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(
    help: ArgumentHelp(
      "The images: a folder (of a table, what its paths are relative to), or a tar; - is standard input.",
      valueName: "images"), completion: .file())
  var input: String?

  func execute() throws(FedMedError) {
    let inputs = imported.paths + images.paths + [classes, table, text, input].compactMap { $0 }
    try Output.check(output, inputs: inputs, isBinary: true)
    if imported.isImport {
      guard !images.isGiven, input == nil else {
        throw FedMedError(.usage, "--import takes no images")
      }
      guard text == nil || images.anchors == nil else {
        throw FedMedError(.usage, "--text and --anchors exclude each other")
      }
      try write(
        imported.read(
          text: text, classes: classes, table: table, encoder: encoder, anchors: images.anchors,
          seed: images.seed), inputs)
    } else {
      guard !imported.isGiven else {
        throw FedMedError(.usage, "--features, --labels and --logit-scale go with --import")
      }
      try encode(inputs)
    }
  }

  private func write(_ set: FeatureSet, _ inputs: [String]) throws(FedMedError) {
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try set.write(tool: Self.signature, to: descriptor, file: file)
    }
    sayMore("encoder \(set.encoder.json.line)")
    say(
      "\(set.count) samples, \(set.encoder.dimension) features each, \(set.classes.count) classes"
        + (set.labels == nil ? ", unlabelled" : ""))
  }

  private func encode(_ inputs: [String]) throws(FedMedError) {
    guard let checkpoint = images.checkpoint else {
      throw FedMedError(.usage, "needs --checkpoint, or --import")
    }
    guard text == nil || images.anchors == nil && images.texts == nil && images.prompt.isEmpty
    else { throw FedMedError(.usage, "--text stands in place of --prompt, --texts and --anchors") }
    let name = encoder ?? checkpoint.split(separator: "/").last.map(String.init) ?? checkpoint
    guard Name.isValid(name) else {
      throw FedMedError(.usage, "--encoder cannot be such a name")
    }
    try images.threads.start(most: VisionEncoder.maxThreads)
    let source = try images.source(images: input, table: table, classes: classes)
    // What is in the folders is an input too.
    let inputs = inputs + Folder.files(checkpoint) + (source.list?.paths ?? [])
    try Output.check(output, inputs: inputs, isBinary: true)
    let bundle = try ImageEncoder(folder: checkpoint, isSquashed: images.resize == .squash)
    // Where the images are known, what their classes are known by is settled before they are encoded.
    let early = try source.list.map { list throws(FedMedError) in try anchorage(list, bundle) }
    let settings = bundle.settings(window: images.window)
    let log = try ExtractionLog(
      settings: [Self.signature, bundle.checksum, settings, images.damage?.text]
        .compactMap { $0 }.joined(separator: " "),
      dimension: bundle.vision.dimension, folder: images.work, batch: bundle.vision.batch)
    if log.resumed > 0 { say("goes on behind \(log.resumed) images") }

    let bar = progress("encoding", total: source.list?.paths.count)
    let extraction = FeatureExtraction(
      encoder: bundle.vision, preprocessing: bundle.preprocessing, window: images.window,
      damage: images.damage)
    try extraction.encode(
      source, log: log,
      unreadable: { error throws(FedMedError) in
        guard images.skipUnreadable else { throw error }
        messages.leaveOut(error)
      }, progress: { bar.update($0) })
    bar.finish()

    let list = try source.finish()
    let (read, rows) = try log.finish()
    let skipped = list.paths.count - read.count
    guard skipped == 0 || images.skipUnreadable else {
      throw FedMedError(
        .badData, "\(skipped) images could not be read", file: images.work,
        hint: "--skip-unreadable leaves them out")
    }
    if images.skipUnreadable { say("\(skipped) images were left out") }
    let known: FeatureAssembly.ClassReference
    if let early { known = early } else { known = try anchorage(list, bundle) }
    let assembly = FeatureAssembly(
      list: list,
      encoder: Manifest.Encoder(
        name: name, dimension: bundle.vision.dimension, logitScale: bundle.logitScale,
        sha256: bundle.checksum, settings: settings), damage: images.damage)
    let set = try assembly.features(of: read, rows, classes: known)
    try write(set, inputs)
    try log.remove()
  }

  /// What the classes are known by: their texts' features, or the images drawn as anchors.
  private func anchorage(
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
