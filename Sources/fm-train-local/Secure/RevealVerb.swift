import ArgumentParser
import FMCommand
import FedMed

/// Reveals shares, so that the sum of a round can be unmasked.
struct RevealVerb: Tool {
  static let name = "fm-train-local"
  static let configuration = CommandConfiguration(
    commandName: "reveal",
    abstract: "Reveal shares for an agreement that enough sites have confirmed.",
    usage: "fm-train-local reveal --secrets DIR [options] CONFIRMATION > REVEALED",
    discussion: """
      For each site whose update is summed, the share of its own mask is revealed; for each other \
      site, that of its masking key; never both. With --allowed-signers, the confirmations must be \
      signed.
      """)

  @OptionGroup var folder: SecretsOptions

  @OptionGroup var shares: DeliveryOptions

  @OptionGroup var signatures: SignatureOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The agreement with its confirmations.", completion: .file())
  var confirmation: String

  func execute() throws(FedMedError) {
    try Output.check(folder.output, inputs: [confirmation] + self.shares.files, isBinary: true)
    let key = try folder.signing.key()
    let own = try folder.open()
    let (secrets, sites) = (try own.secrets(), try own.sites())
    let sharers = try self.shares.sharers(in: own, secrets, sites, signatures)
    let received = try SecureConfirmation(
      path: confirmation, sites: sites, signers: try own.signers(signatures))
    guard received.agreement.round > 0 else {
      throw FedMedError(.badData, "not the agreement of a round", file: confirmation)
    }
    try own.confirm(received.agreement, secrets, sharers: sharers, name: confirmation)
    let shares = try secrets.shares(in: own.file("delivery.tar"), of: sites)
    let revealed = "\(try own.round(received.agreement.round))/revealed.tar"
    try own.keep(revealed) { descriptor, file throws(FedMedError) in
      do throws(FedMedError) {
        try secrets.writeRevealed(
          received.agreement, signers: received.confirming, shares: shares, sites: sites,
          tool: Self.signature, to: descriptor, file: file)
      } catch {
        throw error.file == nil ? error.naming(file: confirmation) : error
      }
    }
    try own.send(revealed, to: folder.output, signedBy: key)
  }
}
