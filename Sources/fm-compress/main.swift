import ArgumentParser
import FMCommand
import FedMed

/// Compresses models and updates.
struct Compress: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-compress",
    abstract: "Compress or decompress a model or an update.",
    usage: "fm-compress [-d] [--codec NAME] [--filter NAME] [ARCHIVE] > ARCHIVE",
    discussion: """
      Numbers are rounded to half precision, and the archive is compressed with gzip, as in the paper. \
      States are private and are refused.
      """,
    version: version(of: "fm-compress"))

  @Flag(name: .shortAndLong, help: "Decompress, and convert numbers to single precision.")
  var decompress = false

  @Option(
    help: ArgumentHelp(
      "Precision of the numbers: float16 or float32 (float16; float32 if the method requires it).",
      valueName: "name"),
    completion: .list(Codecs.all.map { $0.name }))
  var codec: String?

  @Option(help: "Compression of the archive (gzip).")
  var filter: Filter?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the archive to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var signing: SigningOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "A model or an update; - is standard input.", completion: .file())
  var input = "-"

  func execute() throws(FedMedError) {
    guard !decompress || codec == nil && filter == nil else {
      throw FedMedError(.usage, "--decompress cannot be combined with --codec or --filter")
    }
    guard codec == nil || Codecs.all.contains(where: { $0.name == codec }) else {
      let known = Codecs.all.map { $0.name }.joined(separator: ", ")
      throw FedMedError(.usage, "unknown codec '\(printable(codec ?? ""))' (known: \(known))")
    }
    try Output.check(output, inputs: [input], isBinary: true)
    let key = try signing.key()
    let source = try ByteSource(path: input)
    let archive = try ModelArchive(ArchiveReader(source, kinds: Compressor.kinds))
    let standard: any Codec.Type =
      try archive.method().isExact ? Float32Codec.self : Float16Codec.self
    let chosen = Codecs.all.first { $0.name == codec } ?? standard
    let before = source.bytesRead
    var after = 0
    try Output.write(to: output, inputs: [input], isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      after =
        decompress
        ? try Compressor.decode(archive, tool: Self.signature, to: descriptor, file: file)
        : try Compressor.encode(
          archive, codec: chosen, filter: filter ?? .gzip, tool: Self.signature, to: descriptor,
          file: file)
    }
    detail("\(archive.name): \(archive.manifest.kind.rawValue) \(archive.identity)")
    let share = JSON.rounded(100 * Double(after) / Double(before), places: 1).line
    inform("\(before) bytes before, \(after) bytes after (\(share) %)")
  }
}

extension Filter: ExpressibleByArgument {}

Compress.start()
