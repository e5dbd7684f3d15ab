import ArgumentParser
import FMCommand
import FedMed

/// Collects the sites' confirmations of an agreement.
struct ConfirmVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Collect the sites' confirmations of an agreement.",
    usage:
      "fm-aggregate confirm --sites SITES --agreement FILE [options] SITE=FILE ... > CONFIRMATION",
    discussion: """
      Each FILE is the agreement as the site SITE confirmed it, with its signature in FILE.sig. \
      Exits with 75 if there are fewer than the threshold.
      """)

  @OptionGroup var list: SitesOptions

  @Option(
    help: ArgumentHelp("The agreement of the round.", valueName: "file"), completion: .file())
  var agreement: String

  @OptionGroup var signatures: SignatureOptions

  @OptionGroup var result: ResultOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The confirmed agreements by site.")
  var confirmed: [String] = []

  func execute() throws(FedMedError) {
    let key = try result.signing.key()
    var paths: [String: String] = [:]
    for word in confirmed {
      guard let sign = word.firstIndex(of: "=") else {
        throw FedMedError(.usage, "expected SITE=FILE, found '\(printable(word))'")
      }
      paths[String(word[..<sign])] = String(word[word.index(after: sign)...])
    }
    try Output.check(result.output, inputs: paths.values + [agreement], isBinary: true)
    let sites = try list.read()
    let confirmation = try SecureConfirmation(
      paths, of: SecureAgreement(path: agreement, sites: sites), sites: sites,
      signers: try signatures.allowed())
    try Output.write(to: result.output, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      try confirmation.write(tool: Self.signature, to: descriptor, file: file)
    }
  }
}
