import ArgumentParser
import FMCommand
import FedMed

/// Masks a site's update.
struct MaskVerb: Tool {
  static let name = "fm-train-local"
  static let configuration = CommandConfiguration(
    commandName: "mask",
    abstract: "Mask the site's update, so that only the sum over all sites can be read.",
    usage: "fm-train-local mask --secrets DIR --delivery FILE [options] UPDATE > MASKED",
    discussion: """
      The update itself must not leave the site. A round is masked once; if it is repeated, the \
      same bytes are written.
      """)

  @OptionGroup var folder: SecretsOptions

  @OptionGroup var shares: DeliveryOptions

  @Option(help: ArgumentHelp("The weight of the update in the sum (uniform)."))
  var weights: AggregationWeights = .uniform

  @Option(help: "Compression of the archive (none).")
  var filter: Filter = .none

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The site's update; - is standard input.", completion: .file())
  var update = "-"

  func execute() throws(FedMedError) {
    try Output.check(folder.output, inputs: [update] + shares.files, isBinary: true)
    let key = try folder.signing.key()
    let own = try folder.open()
    let (secrets, sites) = (try own.secrets(), try own.sites())
    try shares.accept(in: own, secrets, sites)
    let archive = try ModelArchive(ArchiveReader(path: update, kinds: [.update]))
    let masked = "\(try own.round(archive.round))/masked.tar"
    try own.keep(masked) { descriptor, file throws(FedMedError) in
      try secrets.writeMasked(
        archive, sites: sites, sharers: own.sharers(secrets, sites), weights: weights,
        tool: Self.signature, to: descriptor, file: file)
    }
    try Output.write(to: folder.output, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      try Compressor.repack(
        ArchiveReader(path: own.file(masked), kinds: [.masked]), filter: filter, to: descriptor,
        file: file)
    }
  }
}

/// The option for the shares that the server delivers.
struct DeliveryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The shares of the other sites for this one; needed until the site has them.",
      valueName: "file"), completion: .file())
  var delivery: String?

  var files: [String] { delivery.map { [$0] } ?? [] }

  /// Keeps the shares, once all messages in them could be opened. A site accepts them once.
  /// - Throws: `refused` if it accepted others before; `badData` if a message was not sealed by its
  ///   sender, or they are for another site, run or list.
  func accept(
    in folder: SecretsFolder, _ secrets: SecureSecrets, _ sites: SecureSites
  ) throws(FedMedError) {
    guard let delivery else { return }
    _ = try secrets.shares(in: delivery, of: sites)
    try folder.keep("delivery.tar", copyOf: delivery, what: "shares")
  }
}

extension AggregationWeights: ExpressibleByArgument {}

extension Filter: ExpressibleByArgument {}
