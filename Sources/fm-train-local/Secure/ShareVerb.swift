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

  @Option(help: "With --allowed-signers: the server's name, which no site may have (server).")
  var signer = "server"

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
    let signers = try own.signers(signatures)
    let list = try SecureSites(path: sites, signers: signers)
    guard signers == nil || !list.sites.contains(signer) else {
      throw FedMedError(
        .refused, "the server '\(printable(signer))' is on the list of sites", file: sites,
        hint: "it would be one more party that works together with the server")
    }
    guard list.sites.count >= minSites else {
      throw FedMedError(
        .refused, "\(list.sites.count) sites, --min-sites requires \(minSites)", file: sites)
    }
    try own.keep("sites.tar", copyOf: sites, what: "list of sites")
    if signers != nil {
      try own.keep(SecretsFolder.signed) { _, _ throws(FedMedError) in }
    }
    try own.keep("shares.tar") { descriptor, file throws(FedMedError) in
      try secrets.writeShares(for: list, tool: Self.signature, to: descriptor, file: file)
    }
    try own.send("shares.tar", to: folder.output, signedBy: key)
    inform(
      "\(secrets.site): \(list.sites.count) sites, \(list.threshold) must take part in each step")
  }
}
