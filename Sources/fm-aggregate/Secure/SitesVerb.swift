import ArgumentParser
import FMCommand
import FedMed

/// Makes the list of the sites that take part in secure aggregation.
struct SitesVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "sites",
    abstract: "Make the list of sites that take part in secure aggregation, from their keys.",
    usage: "fm-aggregate sites [options] KEYS ... > SITES",
    discussion: """
      The list contains the keys as the sites sent and signed them (KEYS.sig). It is made once for \
      a run: sites accept no other one.
      """)

  @OptionGroup var signatures: SignatureOptions

  @OptionGroup var result: ResultOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The keys of the sites.", completion: .file())
  var keys: [String] = []

  func execute() throws(FedMedError) {
    try Output.check(result.output, inputs: keys, isBinary: true)
    let key = try result.signing.key()
    var read: [SecureKeys] = []
    for path in keys { read.append(try SecureKeys(path: path)) }
    let sites = try SecureSites(read, signers: try signatures.allowed())
    try Output.write(to: result.output, inputs: keys, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      try sites.write(tool: Self.signature, to: descriptor, file: file)
    }
    inform("\(sites.sites.count) sites, \(sites.threshold) must take part in each step")
  }
}

/// The options of a verb's result.
struct ResultOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the archive to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var signing: SigningOptions
}

/// The option for the list of sites.
struct SitesOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The list of sites of the run.", valueName: "file"), completion: .file())
  var sites: String

  /// Reads the list, whose signatures were checked when it was made.
  /// - Throws: `noInput` if the file cannot be opened; `badData` if it is malformed.
  func read() throws(FedMedError) -> SecureSites { try SecureSites(path: sites, signers: nil) }
}
