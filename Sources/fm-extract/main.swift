import ArgumentParser
import FMCommand
import FedMed

struct Extract: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-extract",
    abstract: "Make a feature archive: what a frozen encoder sees in a site's images.",
    usage: """
      fm-extract --import --features NPY --text NPY --classes FILE --table TSV --encoder NAME \
      [options] > FEATURES
      """,
    discussion: """
      With --import, the features come from another program as NumPy files; they are checked and \
      packed.
      """,
    version: version(of: "fm-extract"))

  @Flag(name: .customLong("import"), help: "Pack features that another program computed.")
  var isImport = false

  @Option(
    help: ArgumentHelp("Image features [N, D], float16 or float32.", valueName: "npy"),
    completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp(
      "Class numbers [N] from 0, integers; without it, unlabelled.", valueName: "npy"),
    completion: .file())
  var labels: String?

  @Option(
    help: ArgumentHelp("Text features of the classes [C, D].", valueName: "npy"),
    completion: .file())
  var text: String?

  @Option(
    help: ArgumentHelp("The classes' names, one a line.", valueName: "file"), completion: .file())
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "The samples, tab-separated with a header, in the order of the features; the first column "
        + "names them.", valueName: "tsv"), completion: .file())
  var table: String?

  @Option(help: ArgumentHelp("The encoder's name.", valueName: "name"))
  var encoder: String?

  @Option(help: "The factor between a cosine and a logit, 100 for CLIP.")
  var logitScale = 100.0

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  func execute() throws(FedMedError) {
    guard isImport else {
      throw FedMedError(
        .usage, "images cannot be encoded yet; --import packs features that another program made")
    }
    func need(_ value: String?, _ option: String) throws(FedMedError) -> String {
      guard let value else { throw FedMedError(.usage, "--import needs \(option)") }
      return value
    }
    let paths = [
      try need(features, "--features"), try need(text, "--text"), try need(classes, "--classes"),
      try need(table, "--table"),
    ]
    let name = try need(encoder, "--encoder")
    let inputs = paths + [labels].compactMap { $0 }
    try Output.check(output, inputs: inputs, isBinary: true)
    let set = try FeatureImport(
      features: paths[0], labels: labels, text: paths[1], classes: paths[2], table: paths[3],
      encoder: name, logitScale: logitScale
    ).read()
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try set.write(tool: Self.signature, to: descriptor, file: file)
    }
    sayMore("encoder \(set.encoder.json.line)")
    say(
      "\(set.count) samples, \(set.encoder.dimension) features each, \(set.classes.count) classes"
        + (set.labels == nil ? ", unlabelled" : ""))
  }
}

Extract.start()
