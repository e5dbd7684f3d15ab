import ArgumentParser
import FMCommand
import FedMed

/// The options for what the server hands to a site before its first round.
struct DeliveryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The shares of the other sites for this one; needed until the site has them.",
      valueName: "file"), completion: .file())
  var delivery: String?

  @Option(
    help: ArgumentHelp(
      "The confirmed agreement on the sites that sent shares; needed until the site has it.",
      valueName: "file"), completion: .file())
  var sharers: String?

  var files: [String] { [delivery, sharers].compactMap { $0 } }

  /// Keeps the shares, once all messages in them could be opened. A site accepts them once.
  /// - Returns: the sites whose shares this site has.
  /// - Throws: `refused` if it accepted others before; `badData` if a message was not sealed by its
  ///   sender, or they are for another site, run or list; `noInput` if there are none.
  func deliveredSharers(
    in folder: SecretsFolder, _ secrets: SecureSecrets, _ sites: SecureSites
  ) throws(FedMedError) -> [String] {
    if let delivery {
      _ = try secrets.shares(in: delivery, of: sites)
      try folder.keep("delivery.tar", copyOf: delivery, what: "shares")
    }
    guard folder.has("delivery.tar") else {
      throw FedMedError(
        .noInput, "no shares of the other sites yet", file: folder.path,
        hint: "pass them with --delivery")
    }
    return try secrets.sharers(in: folder.file("delivery.tar"), of: sites)
  }

  /// A, the sites that sent shares, once the threshold of sites has confirmed it: all honest sites
  /// mask over the same A.
  /// - Throws: `refused` if this site confirmed another one, or too few sites did; `usage` if
  ///   signatures were checked before and are not now; otherwise as for the shares.
  func sharers(
    in folder: SecretsFolder, _ secrets: SecureSecrets, _ sites: SecureSites,
    _ signatures: SignatureOptions
  ) throws(FedMedError) -> [String] {
    let signers = try folder.signers(signatures)
    let delivered = try deliveredSharers(in: folder, secrets, sites)
    if let sharers {
      let confirmation = try SecureConfirmation(path: sharers, sites: sites, signers: signers)
      guard confirmation.agreement.round == 0 else {
        throw FedMedError(
          .badData, "not the agreement on the sites that sent shares", file: sharers)
      }
      try folder.confirm(
        confirmation.agreement, secrets, sharers: delivered, name: sharers)
      try folder.keep("sharers.tar") { descriptor, file throws(FedMedError) in
        try StagingFile(archive: ByteSource(path: sharers)).write(to: descriptor, file: file)
      }
    }
    guard folder.has("sharers.tar") else {
      throw FedMedError(
        .noInput, "the sites that sent shares are not confirmed yet", file: folder.path,
        hint: "pass the confirmed agreement with --sharers")
    }
    return delivered
  }
}
