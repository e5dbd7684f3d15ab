import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// How images get the input's size.
enum ResizeChoice: String, CaseIterable, ExpressibleByArgument {
  case checkpoint, squash
}

/// A window as it is typed: centre and width, with a comma between them.
extension GreyWindow: ExpressibleByArgument {
  public init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map(Double.init)
    guard numbers.count == 2, let centre = numbers[0], let width = numbers[1],
      centre.isFinite, width.isFinite, width > 0
    else { return nil }
    self.init(centre: centre, width: width)
  }
}

extension ImageDamage: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// Options for encoding images.
struct ImageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The encoder: CLIP or DINOv2, a folder in Hugging Face layout.", valueName: "folder"),
    completion: .directory)
  var checkpoint: String?

  @Option(help: "The column of the images' files, in a table (path).")
  var path: String?

  @Option(help: "The column of the class, in a table (label, where there is one).")
  var label: String?

  @Option(
    help: "Resize as the checkpoint says, or squash: straight to the square, bilinear (checkpoint)."
  )
  var resize: ResizeChoice?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is shown of 16-bit grey images: centre ± width / 2 (darkest to brightest).",
      valueName: "centre,width"))
  var window: GreyWindow?

  @Option(
    help: ArgumentHelp(
      "Harm the images, to test a model: noise=, blur= or jpeg= and a degree.", valueName: "harm"))
  var damage: ImageDamage?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A class's text, {} being its name; of several the mean is taken ('a picture of a {}').",
      valueName: "text"))
  var prompt: [String] = []

  @Option(
    help: ArgumentHelp(
      "The classes' texts: a class, a tab and a text a line; several for a class are averaged.",
      valueName: "file"), completion: .file())
  var texts: String?

  @Option(
    help:
      "Make class anchors of so many images of each class in place of texts, and leave them out.")
  var anchors: Int?

  @Option(help: "Decides which images become anchors (0).")
  var seed: UInt64?

  @Flag(help: "Leave out images that cannot be read; without it the first one is fatal.")
  var skipUnreadable = false

  @Option(
    help: ArgumentHelp(
      "Where progress is left, so that a killed extraction goes on; removed when it is done.",
      valueName: "folder"), completion: .directory)
  var work: String?

  @OptionGroup var threads: ThreadOptions

  var paths: [String] { [texts].compactMap { $0 } }
  /// Whether there is any that is of images alone.
  var isGiven: Bool {
    let strings = [checkpoint, path, label, texts, work]
    return strings.contains { $0 != nil } || resize != nil || window != nil || damage != nil
      || !prompt.isEmpty || skipUnreadable || threads.threads != nil
  }

  mutating func validate() throws {
    if let anchors, anchors < 1 { throw ValidationError("--anchors must be at least 1") }
    if anchors != nil && (texts != nil || !prompt.isEmpty) {
      throw ValidationError("--anchors stands in place of --prompt and --texts")
    }
    if texts != nil && !prompt.isEmpty {
      throw ValidationError("--texts and --prompt exclude each other")
    }
    if seed != nil && anchors == nil { throw ValidationError("--seed goes with --anchors") }
  }

  /// Where the images come from: a folder; a tar, which is a file or a stream; either by a table.
  func source(
    images: String?, table: String?, classes: String?
  ) throws(FedMedError) -> any ImageSource {
    let names = try classes.map { path throws(FedMedError) in try ClassNames.read(path: path) }
    guard table != nil || path == nil && label == nil else {
      throw FedMedError(.usage, "--path and --label go with --table")
    }
    let isTar = images.map { $0 == "-" || ByteSource.isRegularFile($0) } ?? (table == nil)
    if isTar, images ?? "-" == "-" {
      guard isatty(STDIN_FILENO) == 0 else {
        throw FedMedError(
          .usage, "needs a folder of images, --table, or a tar on standard input")
      }
      guard table != "-" else {
        throw FedMedError(.usage, "standard input cannot be both table and images")
      }
    }
    var list: ImageList?
    if let table {
      let source = try ByteSource(path: table)
      let content = try Table(text: source.text(limit: Table.sizeLimit), file: source.name)
      let own = table.lastIndex(of: "/").map { String(table[..<$0]) } ?? "."
      list = try ImageList(
        table: content, root: isTar ? nil : images ?? own, pathColumn: path ?? "path",
        labelColumn: label ?? (content.header.contains("label") ? "label" : nil), classes: names,
        name: source.name)
    }
    if isTar { return try TarImages(path: images ?? "-", table: list, classes: names) }
    if let list { return FileImages(list) }
    return FileImages(try ImageList(folder: images ?? ".", classes: names))
  }

  /// The texts of each class.
  func texts(_ classes: [String]) throws(FedMedError) -> [[String]] {
    guard let path = texts else {
      let templates = prompt.isEmpty ? ["a picture of a {}"] : prompt
      guard templates.allSatisfy({ $0.contains("{}") }) else {
        throw FedMedError(.usage, "a --prompt has no {} for the class")
      }
      return classes.map { name in templates.map { $0.replacing("{}", with: name) } }
    }
    var result = [[String]](repeating: [], count: classes.count)
    for (index, line) in Table.lines(try ByteSource(path: path).text(limit: 1 << 24)).enumerated() {
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard cells.count == 2, let c = classes.firstIndex(of: cells[0]) else {
        throw FedMedError(
          .badData, "expected a class, a tab and a text", file: path, place: "line \(index + 1)")
      }
      result[c].append(cells[1])
    }
    if let c = result.firstIndex(where: \.isEmpty) {
      throw FedMedError(.badData, "no text for class '\(classes[c])'", file: path)
    }
    return result
  }

  /// The images drawn as anchors of each class; nil where texts stand for the classes.
  func draw(_ list: ImageList) throws(FedMedError) -> [[Int]]? {
    guard let anchors else { return nil }
    guard let labels = list.labels else {
      throw FedMedError(.badData, "anchors need labels", file: list.name)
    }
    return try ClassAnchors.draw(
      anchors, labels: labels, classes: list.classes, seed: seed ?? 0, file: list.name)
  }
}
