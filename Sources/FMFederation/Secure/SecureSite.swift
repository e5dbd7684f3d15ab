import FMArchive
import FMBase
import FMMethods
import FMNumerics
import FMPrivacy

/// The secrets of a site in a run with secure aggregation, as its file stores them.
public struct SecureSecrets: Sendable {
  /// The identity of the run's first model.
  public let run: String
  /// The class names of the run.
  public let classes: [String]
  package let secrets: SiteSecrets

  /// The site.
  public var site: String { secrets.site }

  /// Draws the secrets of a site for the rounds of a run.
  /// - Throws: `badData` if the model is not the first one of a run; `ioError` if there are no
  ///   random bytes.
  public init(site: String, model: ModelArchive, rounds: Int) throws(FedMedError) {
    guard model.round == 0, model.model != nil else {
      throw FedMedError(
        .badData, "keys are made for the first model of a run, this one is of round \(model.round)",
        file: model.name)
    }
    var random = SystemRandom()
    (run, classes) = (model.identity, model.manifest.classes)
    secrets = try SiteSecrets(site: site, rounds: rounds, from: &random)
  }

  /// Reads secrets.
  /// - Throws: `badData` if they are malformed.
  public init(json: [UInt8], file: String) throws(FedMedError) {
    struct Content: Codable {
      struct Round: Codable { let masking, seed: String }
      let run, site: String
      let classes: [String]
      let encryption: String
      let rounds: [Round]
    }
    let content: Content
    do throws(FedMedError) {
      content = try JSON.decode(json, place: "secrets", limits: .report)
    } catch {
      throw error.naming(file: file)
    }
    let texts = [content.encryption] + content.rounds.flatMap { [$0.masking, $0.seed] }
    guard
      texts.allSatisfy({ text in
        text.utf8.count == 2 * KeyPair.size
          && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
      })
    else { throw FedMedError(.badData, "not the secrets of a site", file: file) }
    (run, classes) = (content.run, content.classes)
    secrets = SiteSecrets(
      site: content.site, encryption: KeyPair(privateKey: SHA256.bytes(content.encryption)),
      rounds: content.rounds.map {
        SiteSecrets.Round(
          masking: KeyPair(privateKey: SHA256.bytes($0.masking)), seed: SHA256.bytes($0.seed))
      })
  }

  /// The text of the file, which must stay at the site.
  public var json: JSON {
    .object([
      "run": .string(run), "site": .string(site), "classes": .strings(classes),
      "encryption": .string(SHA256.hexadecimal(secrets.encryption.privateKey)),
      "rounds": .array(
        secrets.rounds.map {
          .object([
            "masking": .string(SHA256.hexadecimal($0.masking.privateKey)),
            "seed": .string(SHA256.hexadecimal($0.seed)),
          ])
        }),
    ])
  }

  /// Writes the site's public keys.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
  public func writeKeys(tool: String, to descriptor: Int32, file: String) throws(FedMedError) {
    let entry = secrets.entry
    let payload = KeysPayload(
      run: run, site: site, encryptionKey: SHA256.hexadecimal(entry.encryptionKey),
      maskingKeys: entry.maskingKeys.map { SHA256.hexadecimal($0) })
    try ArchiveWriter().finish(
      Manifest(tool: tool, classes: classes, .keys(payload)), filter: .none, to: descriptor,
      file: file)
  }

  /// Checks that a list contains this site with its own keys, in this run.
  /// - Throws: `refused` if it has other keys for the site; `badData` if the site is not on it, or
  ///   the list is of another run.
  func requireFit(_ sites: SecureSites) throws(FedMedError) {
    guard sites.run == run else {
      throw FedMedError(.badData, "the list of sites is of another run than the secrets")
    }
    _ = try secrets.index(in: sites.list)
  }
}

/// The steps of a site, each a function of its secrets and of what it received.
extension SecureSecrets {
  /// Writes the shares of the site's secrets, sealed for each other site.
  /// - Throws: `refused` for forged keys; `badData` if the list is of another run, or a key is of
  ///   small order; `ioError` if there are no random bytes or writing fails.
  public func writeShares(
    for sites: SecureSites, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    try requireFit(sites)
    var random = SystemRandom()
    let (sealed, own) = try ShareMessage.messages(
      of: secrets, list: sites.list, random: &random)
    let rounds = sites.list.rounds
    let payload = SharesPayload(
      run: run, list: sites.hash, site: site, sites: sites.sites, rounds: rounds)
    let writer = try ArchiveWriter()
    // The site's own shares are sealed with a key that only it can derive, so that one file holds
    // all of them.
    let size = SharesPayload.size(rounds: rounds)
    let ownRow = try SealedMessage.seal(
      own.flatMap { $0.maskingKey + $0.seed }, key: ownKey(sites), context: Self.ownContext,
      random: &random)
    let rows = sealed.map { $0.isEmpty ? ownRow : $0 }
    try writer.add(
      array: "shares.npy", .uint8, shape: [sites.sites.count, size], bytes: rows.flatMap { $0 })
    try writer.finish(
      Manifest(tool: tool, classes: classes, .shares(payload)), filter: .none, to: descriptor,
      file: file)
  }

  private static let ownContext = Array("fedmed-secure-own".utf8)

  private func ownKey(_ sites: SecureSites) -> [UInt8] {
    KeyDerivation.key(
      from: secrets.encryption.privateKey, info: Array("fedmed-secure-own \(sites.hash)".utf8))
  }

  /// The shares that a delivery contains for this site, by sender.
  /// - Throws: `badData` if it is for another site, run or list, or a message was not sealed by its
  ///   sender.
  package func shares(
    in path: String, of sites: SecureSites
  ) throws(FedMedError) -> [String: [ShareMessage.Round]] {
    let reader = try ArchiveReader(path: path, kinds: [.delivery])
    guard case .delivery(let payload) = reader.manifest.payload, payload.site == site,
      payload.run == run, payload.list == sites.hash, payload.rounds == sites.list.rounds
    else { throw reader.fault("not for this site, run and list of sites", "manifest.json") }
    let bytes = try reader.files()["shares.npy"] ?? []
    let size = SharesPayload.size(rounds: payload.rounds)
    var shares: [String: [ShareMessage.Round]] = [:]
    for (row, sender) in payload.sites.enumerated() {
      let message = Array(bytes[row * size..<(row + 1) * size])
      do throws(FedMedError) {
        if sender == site {
          let plain = try SealedMessage.open(
            message, key: ownKey(sites), context: Self.ownContext)
          shares[sender] = ShareMessage.rounds(plain)
        } else {
          shares[sender] = try ShareMessage.open(
            message, from: sites.list.index(of: sender), secrets: secrets, list: sites.list)
        }
      } catch {
        throw FedMedError(
          .badData, "the shares of site '\(printable(sender))': \(error.reason)", file: reader.name)
      }
    }
    return shares
  }

  /// A, the sites whose shares a delivery contains.
  /// - Throws: `noInput` if there is no delivery; `badData` if it is malformed.
  public func sharers(in path: String, of sites: SecureSites) throws(FedMedError) -> [String] {
    let manifest = try ArchiveReader(path: path, kinds: [.delivery]).manifest
    guard case .delivery(let payload) = manifest.payload else { return [] }
    return payload.sites
  }

  /// Writes the masked update of a round.
  /// - Parameters:
  ///   - update: the site's update.
  ///   - sharers: A, the sites whose shares the site has.
  ///   - weights: how updates are weighted.
  /// - Throws: `badData` if the update is of another site or run, or a number is too large to be
  ///   summed; `refused` for forged keys; `usage` if the method cannot be summed; `ioError` if
  ///   writing fails.
  public func writeMasked(
    _ update: ModelArchive, sites: SecureSites, sharers: [String], weights: AggregationWeights,
    tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    try requireFit(sites)
    guard case .update(let own) = update.manifest.payload, own.site == site, own.inputs.isEmpty,
      update.manifest.classes == classes
    else { throw FedMedError(.badData, "not an update of site '\(site)'", file: update.name) }
    let masking = try UpdateMasking(
      secrets, list: sites.list, round: own.round,
      subject: .init(model: own.parent, weights: weights.rawValue), sharers: sharers)
    let method = try update.method()
    let coding = try SecureCoding(method, weights: weights, sites: sites.sites.count)
    let payload = MaskedPayload(
      run: own.run, round: own.round, site: site, parent: own.parent, list: sites.hash,
      sites: sharers, seedHash: SHA256.hexadecimal(masking.seedHash), scale: coding.scale,
      weights: weights.rawValue, privacy: own.privacy)
    let writer = try ArchiveWriter()
    do throws(FedMedError) {
      try coding.write(update, samples: own.samples, masking, to: writer)
    } catch {
      throw error.naming(file: update.name)
    }
    try writer.finish(
      Manifest(tool: tool, classes: classes, .masked(payload)), filter: .none, to: descriptor,
      file: file)
  }

  /// Writes the shares that the site reveals for an agreement that enough sites have confirmed.
  /// - Parameters:
  ///   - shares: the shares that the site holds, by sender.
  ///   - signers: the sites whose confirmations are valid.
  /// - Throws: `refused` if too few sites confirmed; `badData` if a share is missing; `ioError` if
  ///   writing fails.
  package func writeRevealed(
    _ agreement: SecureAgreement, signers: Set<String>, shares: [String: [ShareMessage.Round]],
    sites: SecureSites, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let round = agreement.payload.round
    guard (1...sites.list.rounds).contains(round) else {
      throw FedMedError(.badData, "no keys for round \(round)")
    }
    let revealed = try agreement.sum().reveal(
      signers: signers, shares: shares.mapValues { $0[round - 1] })
    let payload = RevealedPayload(
      run: run, list: sites.hash, round: round, site: site, sites: agreement.payload.sites,
      parent: agreement.identity)
    let writer = try ArchiveWriter()
    try writer.add(
      array: "shares.npy", .uint8, shape: [payload.sites.count, KeyPair.size],
      bytes: payload.sites.flatMap { revealed[$0] ?? [] })
    try writer.finish(
      Manifest(tool: tool, classes: classes, .revealed(payload)), filter: .none, to: descriptor,
      file: file)
  }
}
