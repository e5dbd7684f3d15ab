import ArgumentParser
import FMCommand
import FedMed

struct Compress: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-compress",
    abstract: "Make a model or an update smaller, and undo it.",
    usage: "fm-compress [-d] [--codec NAME] [--filter NAME] [ARCHIVE] > ARCHIVE",
    discussion: """
      Numbers become half precision, and the archive is deflated, as in the paper. A state is \
      private and refused.
      """,
    version: version(of: "fm-compress"))

  @Flag(name: .shortAndLong, help: "Undo: single precision, not compressed.")
  var decompress = false

  @Option(
    help: ArgumentHelp(
      "How numbers are written: float16 or float32 (float16, but float32 where the method needs it).",
      valueName: "name"),
    completion: .list(Codecs.all.map { $0.name }))
  var codec: String?

  @Option(help: "What goes around the archive: gzip, zstd or none (gzip).")
  var filter: Filter?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var signing: SigningOptions

  @OptionGroup var talk: TalkOptions

  @Argument(help: "A model or an update; - is standard input.", completion: .file())
  var input = "-"

  func execute() throws(FedMedError) {
    guard !decompress || codec == nil && filter == nil else {
      throw FedMedError(.usage, "--decompress takes neither --codec nor --filter")
    }
    guard codec == nil || Codecs.all.contains(where: { $0.name == codec }) else {
      throw FedMedError(
        .usage, "unknown codec '\(codec ?? "")'",
        hint: "the codecs are \(Codecs.all.map { $0.name }.joined(separator: ", "))")
    }
    try Output.check(output, inputs: [input], isBinary: true)
    let key = try signing.key()
    let source = try ByteSource(path: input)
    let archive = try ModelArchive(ArchiveReader(source, kinds: Compressor.kinds))
    let usual: any Codec.Type = try archive.method().isExact ? Float32Codec.self : Float16Codec.self
    let wanted = Codecs.all.first { $0.name == codec } ?? usual
    let before = source.bytesRead
    var after = 0
    try Output.write(to: output, inputs: [input], isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      after =
        decompress
        ? try Compressor.decode(archive, tool: Self.signature, to: descriptor, file: file)
        : try Compressor.encode(
          archive, codec: wanted, filter: filter ?? .gzip, tool: Self.signature, to: descriptor,
          file: file)
    }
    sayMore("\(archive.name): \(archive.manifest.kind.rawValue) \(archive.identity)")
    let share = JSON.rounded(100 * Double(after) / Double(before), places: 1).line
    say("\(before) bytes became \(after) (\(share) %)")
  }
}

extension Filter: ExpressibleByArgument {}

Compress.start()
