import ArgumentParser
import FMCommand
import FedMed

/// Masks a site's update.
struct MaskVerb: Tool {
  static let name = "fm-train-local"
  static let configuration = CommandConfiguration(
    commandName: "mask",
    abstract: "Mask the site's update, so that only the sum over all sites can be read.",
    usage:
      "fm-train-local mask --secrets DIR --delivery FILE --sharers FILE [options] UPDATE > MASKED",
    discussion: """
      The update itself must not leave the site. A round is masked once; if it is repeated, the \
      same bytes are written.
      """)

  @OptionGroup var folder: SecretsOptions

  @OptionGroup var shares: DeliveryOptions

  @OptionGroup var signatures: SignatureOptions

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
    let sharers = try shares.sharers(in: own, secrets, sites, signatures)
    let archive = try ModelArchive(ArchiveReader(path: update, kinds: [.update]))
    let masked = "\(try own.round(archive.round))/masked.tar"
    try own.keep(masked) { descriptor, file throws(FedMedError) in
      try secrets.writeMasked(
        archive, sites: sites, sharers: sharers, weights: weights,
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

extension AggregationWeights: ExpressibleByArgument {}

extension Filter: ExpressibleByArgument {}
