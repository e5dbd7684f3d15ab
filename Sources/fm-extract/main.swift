import ArgumentParser
import FMCommand
import FMSeries
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
      fm-extract --checkpoint DIR --unit UNIT --pseudonyms DIR [--table CSV --key KIND] [options] \
      [DICOM] > FEATURES
      fm-extract --import --features FILE --text NPY --classes FILE --table TSV --encoder NAME \
      [options] > FEATURES
      fm-extract --import --features CSV --anchors N --encoder NAME [options] > FEATURES
      fm-extract --join [--anchors N] FEATURES ... > FEATURES
      fm-extract --checkpoint DIR --benchmark [options]
      """,
    discussion: """
      Images are JPEG, PNG, TIFF or PNM files in class folders, or files listed in a table; the folder \
      may be a tar archive. The encoder is a checkpoint of CLIP, SigLIP, BiomedCLIP, DINOv2, DINOv3 or \
      another vision transformer. With --import, \
      features that another program computed are read from NumPy files or a table, and checked.
      """,
    version: version(of: "fm-extract"))

  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Series") var series: SeriesOptions

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

  @Flag(
    name: .customLong("join"),
    help: "Join the shards of an extraction, or whole extractions, to one archive.")
  var isJoin = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the archive to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup(title: "Table, with --benchmark") var listing: TableOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(
    help: ArgumentHelp(
      """
      The images: a folder or a tar archive; - is standard input. With --table, its paths are relative \
      to it. With --join, feature archives.
      """, valueName: "images"), completion: .file())
  var input: [String] = []

  func execute() throws(FedMedError) {
    let inputs = imported.paths + images.paths + [classes, table, text].compactMap { $0 } + input
    if model.isBenchmark {
      try benchmark()
      return
    }
    guard !listing.isGiven else {
      throw FedMedError(.usage, "--format and --columns require --benchmark")
    }
    try Output.check(output, inputs: inputs, isBinary: true)
    guard isJoin || input.count < 2 else {
      throw FedMedError(.usage, "unexpected argument '\(printable(input[1]))'")
    }
    if isJoin {
      try join(inputs)
    } else if imported.isImport {
      guard !images.isGiven, !series.isGiven, !model.isGiven, input.isEmpty else {
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

  func write(_ set: FeatureSet, _ inputs: [String]) throws(FedMedError) {
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try set.write(tool: Self.signature, to: descriptor, file: file)
    }
    detail("encoder \(set.encoder.json.line)")
    inform(
      "\(set.count) samples, \(set.encoder.dimension) features each, \(set.classes.count) classes"
        + (set.labels == nil ? ", no labels" : ""))
  }
}

if CommandLine.arguments.first == DecoderService.name { DecoderService.serve() }
Extract.start()
