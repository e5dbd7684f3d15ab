import FMArchive
import FMBase
import FMPrivacy

/// The shares of a run's sites at the server, which cannot read them: it hands each message to its
/// receiver.
public struct SecureShares {
  private let sites: SecureSites
  /// A, the sites that sent shares, with the rows for each site.
  private var rows: [String: [UInt8]] = [:]

  /// Reads what the sites sent.
  /// - Throws: `badData` if a file is malformed, of another run or list, or a second one of its
  ///   site; `tryAgain` if there are fewer than the threshold; `noInput` if a file cannot be opened;
  ///   `ioError` if reading fails.
  public init(_ paths: [String], sites: SecureSites) throws(FedMedError) {
    self.sites = sites
    for path in paths {
      let reader = try ArchiveReader(path: path, kinds: [.shares])
      guard case .shares(let payload) = reader.manifest.payload, payload.run == sites.run,
        payload.list == sites.hash, payload.sites == sites.sites,
        payload.rounds == sites.list.rounds, sites.sites.contains(payload.site)
      else { throw reader.fault("not for this run and list of sites", "manifest.json") }
      guard rows[payload.site] == nil else {
        throw reader.fault("duplicate site '\(payload.site)'", "manifest.json")
      }
      rows[payload.site] = try reader.files()["shares.npy"]
    }
    guard rows.count >= sites.threshold else {
      throw FedMedError(
        .tryAgain, "shares of \(rows.count) sites, the threshold is \(sites.threshold)")
    }
  }

  /// A, the sites that sent shares.
  public var sharers: [String] { sites.sites.filter { rows[$0] != nil } }

  /// Writes the agreement on A, which sites confirm before they mask.
  /// - Throws: `badData` if a value cannot be stored; `ioError` if writing fails.
  public func writeAgreement(
    tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let payload = AgreementPayload(
      run: sites.run, list: sites.hash, round: 0, sites: sharers, inputs: [])
    try ArchiveWriter().finish(
      Manifest(tool: tool, classes: sites.classes, .agreement(payload)), filter: .none,
      to: descriptor, file: file)
  }

  /// Writes the messages for one site.
  /// - Throws: `badData` if the site is not on the list or a value cannot be stored; `ioError` if
  ///   writing fails.
  public func write(
    for site: String, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let (place, rounds) = (try sites.list.index(of: site), sites.list.rounds)
    let size = SharesPayload.size(rounds: rounds)
    let bytes = sharers.flatMap { sender in
      rows[sender]?[place * size..<(place + 1) * size] ?? []
    }
    let writer = try ArchiveWriter()
    try writer.add(
      array: "shares.npy", .uint8, shape: [sharers.count, size], bytes: Array(bytes))
    let payload = SharesPayload(
      run: sites.run, list: sites.hash, site: site, sites: sharers, rounds: rounds)
    try writer.finish(
      Manifest(tool: tool, classes: sites.classes, .delivery(payload)), filter: .none,
      to: descriptor, file: file)
  }
}

extension SecureAgreement {
  /// Writes the agreement on a round's masked updates.
  /// - Parameters:
  ///   - paths: the files of the masked updates.
  ///   - model: the global model from which they started.
  /// - Throws: `badData` if a file is malformed or not of this round, or two are of one site;
  ///   `tryAgain` if there are fewer than the threshold; `noInput` if a file cannot be opened;
  ///   `ioError` if reading or writing fails.
  public static func write(
    _ paths: [String], sites: SecureSites, model: ModelArchive, tool: String,
    to descriptor: Int32, file: String
  ) throws(FedMedError) {
    var inputs: [Manifest.Input] = []
    var sharers: [String] = []
    for path in paths {
      let reader = try ArchiveReader(path: path, kinds: [.masked])
      try reader.verify()
      guard case .masked(let payload) = reader.manifest.payload else { continue }
      try MaskedUpdate.requireFit(payload, reader, sites, model)
      guard !inputs.contains(where: { $0.site == payload.site }) else {
        throw reader.fault("duplicate site '\(payload.site)'", "manifest.json")
      }
      if sharers.isEmpty { sharers = payload.sites }
      guard payload.sites == sharers else {
        throw reader.fault("masked for other sites than the others", "manifest.json")
      }
      inputs.append(
        Manifest.Input(site: payload.site, samples: nil, identity: reader.identity))
    }
    guard inputs.count >= sites.threshold else {
      throw FedMedError(
        .tryAgain,
        "masked updates of \(inputs.count) sites, the threshold is \(sites.threshold)")
    }
    let payload = AgreementPayload(
      run: sites.run, list: sites.hash, round: model.round + 1, sites: sharers,
      inputs: inputs.sorted { $0.site.precedes($1.site) })
    try ArchiveWriter().finish(
      Manifest(tool: tool, classes: sites.classes, .agreement(payload)), filter: .none,
      to: descriptor, file: file)
  }
}

/// An agreement with the confirmations of sites.
public struct SecureConfirmation: Sendable {
  /// The agreement.
  public let agreement: SecureAgreement
  /// The sites that confirmed it, and their signatures; `nil` for a site that did not sign.
  private let signatures: [(site: String, signature: [UInt8]?)]
  private let sites: SecureSites

  /// The sites that confirmed the agreement.
  public var confirming: Set<String> { Set(signatures.map(\.site)) }

  /// Collects confirmations: each is the agreement as the site received it, signed by the site.
  /// - Parameters:
  ///   - paths: the files by site.
  ///   - signers: the allowed signers; `nil` ignores signatures.
  /// - Throws: `badData` if a file is not this agreement, or its site is not one of those that sent
  ///   shares; `refused` if the site did not sign it; `tryAgain` if there are fewer than the
  ///   threshold; `noInput` if a file cannot be opened; `ioError` if reading fails.
  public init(
    _ paths: [String: String], of agreement: SecureAgreement, sites: SecureSites,
    signers: AllowedSigners?
  ) throws(FedMedError) {
    var signatures: [(site: String, signature: [UInt8]?)] = []
    for site in agreement.payload.sites {
      guard let path = paths[site] else { continue }
      guard try SecureBytes.read(path) == agreement.bytes else {
        throw FedMedError(.badData, "not the agreement of this round", file: path)
      }
      let isSigned = ByteSource.isRegularFile("\(path).sig")
      let signature = isSigned ? try SecureBytes.read("\(path).sig") : nil
      if let signers {
        guard let signature else { throw AllowedSigners.missing(path) }
        try agreement.verify(signature, of: site, signers, name: path)
      }
      signatures.append((site, signature))
    }
    guard signatures.count >= sites.threshold else {
      throw FedMedError(
        .tryAgain,
        "confirmed by \(signatures.count) sites, the threshold is \(sites.threshold)")
    }
    (self.agreement, self.signatures, self.sites) = (agreement, signatures, sites)
  }

  /// Reads confirmations.
  /// - Parameter signers: the allowed signers; `nil` ignores signatures.
  /// - Throws: `badData` if the file is malformed, or not of this list; `refused` if a signature is
  ///   missing or invalid, or fewer sites than the threshold confirmed; `noInput` if the file
  ///   cannot be opened; `ioError` if reading fails.
  public init(
    path: String, sites: SecureSites, signers: AllowedSigners?
  ) throws(FedMedError) {
    let reader = try ArchiveReader(path: path, kinds: [.confirmation])
    guard case .confirmation(let payload) = reader.manifest.payload, payload.list == sites.hash
    else { throw reader.fault("of another list of sites", "manifest.json") }
    let files = try reader.files()
    agreement = try SecureAgreement(
      bytes: files["agreement.tar"] ?? [], sites: sites, name: "\(path): agreement.tar")
    guard agreement.payload.round == payload.round else {
      throw reader.fault("differs from the agreement in it", "manifest.json")
    }
    var signatures: [(site: String, signature: [UInt8]?)] = []
    for (index, site) in payload.sites.enumerated() {
      let member = ConfirmationPayload.signature(of: index)
      if let signers {
        guard let signature = files[member] else {
          throw FedMedError(
            .refused, "no signature of site '\(printable(site))'", file: path, place: member)
        }
        try agreement.verify(signature, of: site, signers, name: "\(path): \(member)")
      }
      signatures.append((site, files[member]))
    }
    let count = Set(signatures.map(\.site)).intersection(agreement.payload.sites).count
    guard count >= sites.threshold else {
      throw FedMedError(
        .refused, "confirmed by \(count) sites, the threshold is \(sites.threshold)", file: path)
    }
    (self.signatures, self.sites) = (signatures, sites)
  }

  /// Writes the confirmations.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
  public func write(tool: String, to descriptor: Int32, file: String) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add("agreement.tar", file: agreement.bytes)
    for (index, own) in signatures.enumerated() {
      guard let signature = own.signature else { continue }
      try writer.add(ConfirmationPayload.signature(of: index), file: signature)
    }
    let payload = ConfirmationPayload(
      list: sites.hash, round: agreement.payload.round, sites: signatures.map(\.site))
    try writer.finish(
      Manifest(tool: tool, classes: sites.classes, .confirmation(payload)), filter: .none,
      to: descriptor, file: file)
  }
}
