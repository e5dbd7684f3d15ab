import ArgumentParser
import FMCommand
import FedMed

/// Confirms which sites sent shares, or which updates are summed in a round.
struct ConfirmVerb: Tool {
  static let name = "fm-train-local"
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Confirm which sites sent shares, or which masked updates are summed in a round.",
    usage: "fm-train-local confirm --secrets DIR [options] --sign KEY -o FILE AGREEMENT",
    discussion: """
      Writes AGREEMENT unchanged, to be signed with --sign. A site confirms one agreement on the \
      sites that sent shares, and one for each round, and refuses any other.
      """)

  @OptionGroup var folder: SecretsOptions

  @OptionGroup var shares: DeliveryOptions

  @OptionGroup var signatures: SignatureOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The agreement.", completion: .file())
  var agreement: String

  func execute() throws(FedMedError) {
    try Output.check(folder.output, inputs: [agreement] + shares.files, isBinary: true)
    let key = try folder.signing.key()
    let own = try folder.open()
    let (secrets, sites) = (try own.secrets(), try own.sites())
    let received = try SecureAgreement(path: agreement, sites: sites)
    let sharers =
      received.round == 0
      ? try shares.deliveredSharers(in: own, secrets, sites)
      : try shares.sharers(in: own, secrets, sites, signatures)
    let name = try own.confirm(received, secrets, sharers: sharers, name: agreement)
    try own.send(name, to: folder.output, signedBy: key)
  }
}

extension SecretsFolder {
  /// Confirms an agreement, or finds that it was confirmed before, and keeps it.
  /// - Parameter sharers: A, the sites whose shares this site has.
  /// - Returns: the name of the file that keeps it.
  /// - Throws: `refused` if the site confirmed another one for the round, or must not take part;
  ///   `badData` if it is not of this list of sites.
  @discardableResult
  func confirm(
    _ agreement: SecureAgreement, _ secrets: SecureSecrets, sharers: [String], name: String
  ) throws(FedMedError) -> String {
    let round = try self.round(agreement.round)
    let (masked, kept) = ("\(round)/masked.tar", "\(round)/agreement.tar")
    let vote = try SecureVote(
      agreement, secrets: secrets, sharers: sharers,
      masked: has(masked) ? file(masked) : nil, confirmed: has(kept) ? file(kept) : nil,
      name: name)
    try keep(kept) { descriptor, file throws(FedMedError) in
      try StagingFile(bytes: vote.bytes).write(to: descriptor, file: file)
    }
    return kept
  }
}
