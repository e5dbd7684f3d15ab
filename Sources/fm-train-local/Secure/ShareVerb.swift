import ArgumentParser
import FMCommand
import FedMed

/// Accepts the list of sites, and shares the site's secrets with them.
struct ShareVerb: Tool {
  static let name = "fm-train-local"
  static let configuration = CommandConfiguration(
    commandName: "share",
    abstract: "Check the list of sites, and write sealed shares of the site's secrets for them.",
    usage: "fm-train-local share --secrets DIR [options] SITES > SHARES",
    discussion: """
      With --allowed-signers, every site on the list must have signed its keys. A site accepts one \
      list per run.
      """)

  @OptionGroup var folder: SecretsOptions

  @OptionGroup var signatures: SignatureOptions

  @Option(help: ArgumentHelp("Refuse a list of fewer sites (3).", valueName: "number"))
  var minSites = 3

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The list of sites.", completion: .file())
  var sites: String

  func execute() throws(FedMedError) {
    try Output.check(folder.output, inputs: [sites], isBinary: true)
    let key = try folder.signing.key()
    let own = try folder.open()
    let secrets = try own.secrets()
    let list = try SecureSites(path: sites, signers: try signatures.allowed())
    guard list.sites.count >= minSites else {
      throw FedMedError(
        .refused, "\(list.sites.count) sites, --min-sites requires \(minSites)", file: sites)
    }
    try own.keep("sites.tar", copyOf: sites, what: "list of sites")
    try own.keep("shares.tar") { descriptor, file throws(FedMedError) in
      try secrets.writeShares(for: list, tool: Self.signature, to: descriptor, file: file)
    }
    try own.send("shares.tar", to: folder.output, signedBy: key)
    inform(
      "\(secrets.site): \(list.sites.count) sites, \(list.threshold) must take part in each step")
  }
}
