import ArgumentParser
import FMCommand
import FMSeries
import FedMed
import Glibc

/// The ways to resize images to the input of the encoder.
enum ResizeChoice: String, CaseIterable, ExpressibleByArgument {
  case checkpoint, squash
}

extension ImageDamage: ExpressibleByArgument {
  /// Parses the argument; `nil` if it is malformed.
  public init?(argument: String) { self.init(argument) }
}

extension Manifest.Shard: ExpressibleByArgument {
  /// Parses the number of a part and the number of parts, separated by a slash.
  public init?(argument: String) {
    let numbers = argument.split(separator: "/", omittingEmptySubsequences: false)
      .map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1],
      (1...Self.largestCount).contains(count), (1...count).contains(index)
    else { return nil }
    self.init(index: index, count: count)
  }

  /// The argument.
  var text: String { "\(index)/\(count)" }
}

/// The options for encoding images.
struct ImageOptions: ParsableArguments {
  @Option(help: "With --table: the column with the paths of the images (path).")
  var path: String?

  @Option(help: "With --table: the column with the class (label, if present).")
  var label: String?

  @Option(
    help:
      "Resize as the checkpoint specifies, or squash images to the square, with bilinear interpolation (checkpoint)."
  )
  var resize: ResizeChoice?

  @Option(
    name: .customLong("window"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      Show this range of gray values: lung, bone, brain, soft, center ± width / 2, full, or with --unit \
      header, the default there (full); give three for red, green and blue.
      """, valueName: "range"))
  var windows: [GrayRange] = []

  @Option(
    help: ArgumentHelp(
      "Corrupt the images, to test robustness: noise=, blur= or jpeg= and a degree (none).",
      valueName: "corruption"))
  var damage: ImageDamage?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "The text for a class, where {} is its name; several are averaged ('a picture of a {}').",
      valueName: "text"))
  var prompt: [String] = []

  @Option(
    help: ArgumentHelp(
      "Read the class texts from this file, one class, tab and text per line; several are averaged.",
      valueName: "file"), completion: .file())
  var texts: String?

  @Option(
    help:
      "Use the mean of this number of images of each class in place of texts; these images are excluded."
  )
  var anchors: Int?

  @Option(help: "With --anchors: the seed of the random choice of images (0).")
  var seed: UInt64?

  @Flag(help: "Skip images that cannot be read, instead of failing.")
  var skipUnreadable = false

  @Option(
    help: ArgumentHelp(
      "Save progress in this folder, so that an interrupted extraction resumes; removed at the end.",
      valueName: "folder"), completion: .directory)
  var work: String?

  @Option(
    help: ArgumentHelp(
      "Encode only every n-th image, from the i-th on; --join puts the parts together (all images).",
      valueName: "i/n"))
  var shard: Manifest.Shard?

  @OptionGroup var threads: ThreadOptions

  var paths: [String] { [texts].compactMap { $0 } }
  /// Whether any option is given that applies only to images.
  var isGiven: Bool { needsImages || resize != nil || threads.threads != nil }
  /// Whether any option is given that has no effect on the speed of the encoder.
  var needsImages: Bool {
    let strings = [path, label, texts, work]
    return strings.contains { $0 != nil } || shard != nil || !windows.isEmpty || damage != nil
      || !prompt.isEmpty || skipUnreadable
  }

  mutating func validate() throws {
    if let anchors, anchors < 1 { throw ValidationError("--anchors must be at least 1") }
    if anchors != nil && (texts != nil || !prompt.isEmpty) {
      throw ValidationError("--anchors cannot be combined with --prompt or --texts")
    }
    if texts != nil && !prompt.isEmpty {
      throw ValidationError("--texts cannot be combined with --prompt")
    }
    if seed != nil && anchors == nil { throw ValidationError("--seed requires --anchors") }
    guard windows.isEmpty || windows.count == 1 || windows.count == 3 else {
      throw ValidationError("--window must be given once, or three times for red, green and blue")
    }
  }

  /// The windows for 16-bit images that are not DICOM; none for their full range.
  /// - Throws: `usage` if a range is not defined for them.
  func grayWindows() throws(FedMedError) -> [GrayWindow] {
    if windows == [.full] { return [] }
    return try windows.map { range throws(FedMedError) in
      guard case .window(let window) = range else {
        throw FedMedError(.usage, "--window header, and full for one color, require --unit")
      }
      return window
    }
  }

  /// The source of the images, or of those of the shard; see `all`.
  func source(
    images: String?, table: String?, classes: String?
  ) throws(FedMedError) -> any ImageSource {
    part(of: try all(images: images, table: table, classes: classes))
  }

  /// The images of the shard.
  func part(of source: any ImageSource) -> any ImageSource {
    shard.map { ShardImages(source, shard: $0) } ?? source
  }

  /// Checks that standard input can be read as an archive.
  /// - Throws: `usage` if it is a terminal, or the table comes from it.
  func checkStandardInput(table: String?) throws(FedMedError) {
    guard isatty(STDIN_FILENO) == 0 else {
      throw FedMedError(
        .usage, "no images given",
        hint: "name a folder or a table, or pass a tar archive on standard input")
    }
    guard table != "-" else { throw FedMedError(.usage, "standard input can be read only once") }
  }

  /// The source of all images: a folder, or a tar archive in a file or on standard input, with an
  /// optional table.
  /// - Parameters:
  ///   - images: the path of the folder or archive; `nil` if none is given.
  ///   - table: the path of the table; `nil` if images are in class folders.
  ///   - classes: the path of the list of classes; `nil` uses those of the images.
  /// - Throws: `usage` if options are missing or cannot be combined; `noInput` or `badData` if a
  ///   file cannot be read or is malformed.
  private func all(
    images: String?, table: String?, classes: String?
  ) throws(FedMedError) -> any ImageSource {
    let names = try classes.map { path throws(FedMedError) in try ClassNames.read(path: path) }
    guard table != nil || path == nil && label == nil else {
      throw FedMedError(.usage, "--path and --label require --table")
    }
    let isTar = images.map { $0 == "-" || ByteSource.isRegularFile($0) } ?? (table == nil)
    if isTar, images ?? "-" == "-" { try checkStandardInput(table: table) }
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

  /// The texts of each class, in the order of `classes`.
  /// - Throws: `usage` if a prompt has no place for the class; `noInput` or `badData` if the file
  ///   of texts cannot be read or lacks a class.
  func texts(_ classes: [String]) throws(FedMedError) -> [[String]] {
    guard let path = texts else {
      let templates = prompt.isEmpty ? ["a picture of a {}"] : prompt
      guard templates.allSatisfy({ $0.contains("{}") }) else {
        throw FedMedError(.usage, "--prompt must contain {} in place of the class")
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

  /// The indices of the images drawn as anchors of each class; `nil` without `--anchors`.
  /// - Throws: `badData` if there are no labels or too few images.
  func draw(_ list: ImageList) throws(FedMedError) -> [[Int]]? {
    guard let anchors else { return nil }
    guard let labels = list.labels else {
      throw FedMedError(.badData, "--anchors requires labels", file: list.name)
    }
    return try ClassAnchors.draw(
      anchors, labels: labels, classes: list.classes, seed: seed ?? 0, file: list.name)
  }
}
