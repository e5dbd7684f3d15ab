import FMArchive
import FMBase

extension Reception {
  /// What the answers of secure aggregation are checked against.
  public struct Secure: Sendable {
    /// The list of sites; `nil` before it is made.
    public let sites: SecureSites?
    /// The agreement of the round; `nil` before it is made.
    public let agreement: SecureAgreement?
    /// The number of rounds that sites make keys for; `nil` accepts any.
    public let rounds: Int?

    /// Creates the expectations.
    public init(sites: SecureSites?, agreement: SecureAgreement? = nil, rounds: Int? = nil) {
      (self.sites, self.agreement, self.rounds) = (sites, agreement, rounds)
    }
  }
}

extension Reception.Secure {
  /// Checks an answer of secure aggregation.
  /// - Parameters:
  ///   - reader: the answer, of which only the manifest has been read.
  ///   - model: the model that the request is about.
  /// - Throws: `badData` if it belongs to another run, round, list or agreement.
  func check(_ reader: ArchiveReader, model: ModelArchive) throws(FedMedError) {
    func require(_ fits: Bool, _ reason: String) throws(FedMedError) {
      guard fits else { throw reader.fault(reason, "manifest.json") }
    }
    let (run, list) = (sites?.run ?? model.identity, sites?.hash)
    switch reader.manifest.payload {
    case .keys(let keys):
      try require(keys.run == run, "keys for another run")
      try require(
        rounds == nil || keys.rounds == rounds, "keys for \(keys.rounds) rounds, not \(rounds ?? 0)"
      )
      try require(reader.manifest.classes == model.manifest.classes, "classes differ")
    case .shares(let shares):
      try require(
        shares.run == run && shares.list == list && shares.sites == sites?.sites
          && shares.rounds == sites?.list.rounds && sites?.sites.contains(shares.site) == true,
        "shares for another run or list of sites")
    case .masked(let masked):
      guard let sites else { return try require(false, "expected a plain update") }
      try MaskedUpdate.requireFit(masked, reader, sites, model)
      try require(sites.sites.contains(masked.site), "of a site that is not on the list")
    case .agreement:
      try require(reader.identity == agreement?.identity, "not the agreement of this round")
    case .revealed(let revealed):
      try require(
        revealed.run == run && revealed.list == list && revealed.parent == agreement?.identity
          && revealed.sites == agreement?.payload.sites && revealed.round == agreement?.round,
        "shares for another agreement")
    default: try require(false, "not an answer to this request")
    }
  }
}

extension Reception.Answer {
  /// The kind of archive that is the answer.
  func kind(isSecure: Bool) -> Manifest.Kind {
    switch self {
    case .update: isSecure ? .masked : .update
    case .report, .test: .report
    case .keys: .keys
    case .share: .shares
    case .accept, .confirm: .agreement
    case .reveal: .revealed
    }
  }

  /// Whether the answer belongs to the round after the model's.
  var isOfNextRound: Bool { [.update, .confirm, .reveal].contains(self) }

  /// Whether the answer exists only in secure aggregation.
  var isSecure: Bool { [.keys, .share, .accept, .confirm, .reveal].contains(self) }
}
