import FMArchive
import FMBase
import FMPrivacy

/// What a site has agreed to in a round, checked against what it did itself.
public struct SecureVote: Sendable {
  /// The agreement.
  public let agreement: SecureAgreement
  /// The round.
  public var round: Int { agreement.payload.round }
  /// The bytes that the site signs: the agreement's file as it received it.
  public var bytes: [UInt8] { agreement.bytes }

  /// Checks an agreement before the site confirms it, or reveals shares for it.
  /// - Parameters:
  ///   - sharers: A, the sites whose shares the site has.
  ///   - masked: the path of the masked update that the site sent in the round; `nil` if it sent
  ///     none.
  ///   - confirmed: the path of the agreement that it confirmed before; `nil` if there is none.
  /// - Throws: `refused` if the site confirmed another agreement of this round before, or the
  ///   agreement contains another update of this site, or none is known here: then the site's
  ///   secrets were restored from a copy, and it must not take part in the round; also if the sites
  ///   that sent shares differ; `ioError` if reading fails.
  public init(
    _ agreement: SecureAgreement, secrets: SecureSecrets, sharers: [String], masked: String?,
    confirmed: String?, name: String
  ) throws(FedMedError) {
    self.agreement = agreement
    let before = try confirmed.map { path throws(FedMedError) in try SecureBytes.read(path) }
    guard before == nil || before == agreement.bytes else {
      throw FedMedError(
        .refused,
        "differs from what this site confirmed for round \(agreement.payload.round)",
        file: name, hint: "two sums of one round can reveal a single update")
    }
    guard agreement.payload.sites == sharers, sharers.contains(secrets.site) else {
      throw FedMedError(
        .refused, "other sites sent shares than those whose shares this site has", file: name)
    }
    let own = agreement.payload.inputs.first { $0.site == secrets.site }
    let sent = try masked.map { path throws(FedMedError) in
      try ArchiveReader(path: path, kinds: [.masked]).identity
    }
    guard own == nil || own?.identity == sent else {
      throw FedMedError(
        .refused, "contains an update of this site that it does not know", file: name,
        hint: "if its files were restored from a copy, it must not take part in this round")
    }
  }
}
