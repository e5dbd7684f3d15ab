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
      fm-extract --import --features NPY --text NPY --classes FILE --table TSV --encoder NAME \
      [options] > FEATURES
      """,
    discussion: """
      Images are JPEG or PNG, in a folder of class folders or named by a table. The checkpoint is \
      CLIP or DINOv2 in Hugging Face layout. With --import, the features come from another program \
      as NumPy files; they are checked and packed.
      """,
    version: version(of: "fm-extract"))

  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Import") var imported: ImportOptions

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
      "The images' folder; of a table, what its paths are relative to.", valueName: "folder"),
    completion: .directory)
  var folder: String?

  func execute() throws(FedMedError) {
    let inputs = imported.paths + images.paths + [classes, table].compactMap { $0 }
    try Output.check(output, inputs: inputs, isBinary: true)
    let set: FeatureSet
    if imported.isImport {
      guard !images.isGiven, folder == nil else {
        throw FedMedError(.usage, "--import takes no images")
      }
      set = try imported.read(classes: classes, table: table, encoder: encoder)
    } else {
      guard !imported.isGiven else {
        throw FedMedError(.usage, "--features, --labels, --text and --logit-scale go with --import")
      }
      set = try encode()
    }
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try set.write(tool: Self.signature, to: descriptor, file: file)
    }
    sayMore("encoder \(set.encoder.json.line)")
    say(
      "\(set.count) samples, \(set.encoder.dimension) features each, \(set.classes.count) classes"
        + (set.labels == nil ? ", unlabelled" : ""))
  }

  private func encode() throws(FedMedError) -> FeatureSet {
    guard let checkpoint = images.checkpoint else {
      throw FedMedError(.usage, "needs --checkpoint, or --import")
    }
    let list = try images.list(folder: folder, table: table, classes: classes)
    let bundle = try ImageEncoder(folder: checkpoint, isSquashed: images.resize == .squash)
    // What classes are known by is settled before any image is encoded.
    let text = try images.anchors == nil ? bundle.features(of: images.texts(list.classes)) : nil
    let drawn = try images.draw(list)

    let bar = progress("encoding", total: list.paths.count)
    let extraction = FeatureExtraction(
      encoder: bundle.vision, preprocessing: bundle.preprocessing, threads: images.jobs)
    let samples = list.paths.enumerated().map {
      FeatureExtraction.Sample(path: $0.element, row: $0.offset)
    }
    var skipped = 0
    let encoded = try extraction.encode(
      samples,
      unreadable: { error throws(FedMedError) in
        guard images.skipUnreadable else { throw error }
        skipped += 1
        messages.say("\(error) (left out)")
      }, progress: { bar.update($0) })
    bar.finish()
    if images.skipUnreadable { say("\(skipped) images were left out") }
    guard !encoded.rows.isEmpty else {
      throw FedMedError(.badData, "no image could be read", file: list.name)
    }

    let name = encoder ?? checkpoint.split(separator: "/").last.map(String.init) ?? checkpoint
    guard Manifest.isName(name) else {
      throw FedMedError(.usage, "--encoder cannot be such a name")
    }
    var set = FeatureSet(
      classes: list.classes,
      encoder: Manifest.Encoder(
        name: name, dimension: bundle.vision.dimension, logitScale: bundle.logitScale,
        sha256: bundle.checksum), elementType: .float16, bytes: encoded.bytes,
      labels: list.labels.map { labels in encoded.rows.map { labels[$0] } },
      text: text ?? Matrix(rows: list.classes.count, columns: bundle.vision.dimension),
      table: list.table.gathering(encoded.rows), name: list.name)
    if let drawn {
      let places = Dictionary(uniqueKeysWithValues: zip(encoded.rows, encoded.rows.indices))
      let kept = drawn.map { $0.compactMap { places[$0] } }
      if let c = kept.indices.first(where: { kept[$0].isEmpty }) {
        throw FedMedError(
          .badData, "no anchor of class '\(list.classes[c])' could be read", file: list.name)
      }
      set.text = ClassAnchors.means(kept, of: set)
      set.anchors = images.anchors
      let left = Set(kept.flatMap { $0 })
      set = set.gathering((0..<set.count).filter { !left.contains($0) })
    }
    return set
  }
}

Extract.start()
