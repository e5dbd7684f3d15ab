import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// Hands the sites' sealed shares to their receivers.
struct DeliverVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "deliver",
    abstract: "Sort the sites' sealed shares by receiver.",
    usage: "fm-aggregate deliver --sites SITES --into DIR --agreement FILE [options] SHARES ...",
    discussion: """
      Writes one archive for each file of shares, with the same name, for the site that sent it. \
      Shares are delivered once for a run: the sites that sent them are those whose updates can be \
      summed. They are listed in --agreement, which the sites confirm. Exits with 75 if there are fewer than the threshold.
      """)

  @OptionGroup var list: SitesOptions

  @Option(
    help: ArgumentHelp("Write the archives to this folder.", valueName: "folder"),
    completion: .directory)
  var into: String

  @Option(
    help: ArgumentHelp(
      "Write the agreement on the sites that sent shares to this file.", valueName: "file"),
    completion: .file())
  var agreement: String

  @OptionGroup var signing: SigningOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The shares of the sites.", completion: .file())
  var shares: [String] = []

  func execute() throws(FedMedError) {
    let key = try signing.key()
    let sites = try list.read()
    let received = try SecureShares(shares, sites: sites)
    for path in shares {
      let site = try ArchiveReader(path: path, kinds: [.shares]).manifest.site ?? ""
      let target = "\(into)/\(path.split(separator: "/").last ?? "")"
      try Output.write(to: target, inputs: shares, isBinary: true, signedBy: key) {
        descriptor, file throws(FedMedError) in
        try received.write(for: site, tool: Self.signature, to: descriptor, file: file)
      }
    }
    try Output.write(to: agreement, inputs: shares, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      try received.writeAgreement(tool: Self.signature, to: descriptor, file: file)
    }
    inform("\(received.sharers.count) of \(sites.sites.count) sites sent shares")
  }
}
