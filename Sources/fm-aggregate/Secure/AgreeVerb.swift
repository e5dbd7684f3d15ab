import ArgumentParser
import FMCommand
import FedMed

/// Proposes which masked updates are summed.
struct AgreeVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "agree",
    abstract: "List the masked updates that are to be summed in a round.",
    usage: "fm-aggregate agree --sites SITES --model MODEL [options] MASKED ... > AGREEMENT",
    discussion: """
      The list is made once for a round: each site confirms the first one that it is shown, and no \
      other one. Exits with 75 if there are fewer masked updates than the threshold.
      """)

  @OptionGroup var list: SitesOptions

  @Option(
    help: ArgumentHelp("The model from which the updates started.", valueName: "file"),
    completion: .file())
  var model: String

  @OptionGroup var result: ResultOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The masked updates.", completion: .file())
  var masked: [String] = []

  func execute() throws(FedMedError) {
    try Output.check(result.output, inputs: masked + [model], isBinary: true)
    let key = try result.signing.key()
    let (sites, global) = (try list.read(), try ModelArchive(model: model))
    try Output.write(to: result.output, inputs: masked, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      try SecureAgreement.write(
        masked, sites: sites, model: global, tool: Self.signature, to: descriptor, file: file)
    }
  }
}
