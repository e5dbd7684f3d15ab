import FMArchive
import FMBase
import FMPrivacy

/// The keys of one site, as it sent them.
public struct SecureKeys: Sendable {
  /// The name of the file in messages.
  let name: String
  /// The bytes of the archive.
  let bytes: [UInt8]
  /// The bytes of its signature; `nil` if it is not signed.
  let signature: [UInt8]?
  let payload: KeysPayload
  let classes: [String]

  /// Reads the keys in a file, and its signature beside it, if any.
  /// - Throws: `noInput` if the file cannot be opened; `badData` if it is malformed; `ioError` if
  ///   reading fails.
  public init(path: String) throws(FedMedError) {
    let bytes = try SecureBytes.read(path)
    let signed = ByteSource.isRegularFile("\(path).sig")
    try self.init(
      bytes: bytes, signature: signed ? SecureBytes.read("\(path).sig") : nil, name: path)
  }

  init(bytes: [UInt8], signature: [UInt8]?, name: String) throws(FedMedError) {
    (self.bytes, self.signature, self.name) = (bytes, signature, name)
    let reader = try ArchiveReader(SecureBytes.source(bytes, name), kinds: [.keys])
    try reader.verify()
    guard case .keys(let payload) = reader.manifest.payload else {
      throw reader.fault("not the keys of a site", "manifest.json")
    }
    (self.payload, classes) = (payload, reader.manifest.classes)
  }

  /// Checks that the site signed its keys.
  /// - Throws: `refused` if it did not.
  func requireSignature(_ signers: AllowedSigners) throws(FedMedError) {
    guard let signature else { throw AllowedSigners.missing(name) }
    _ = try signers.verify(
      name, bytes: StagingFile(bytes: bytes), signature: StagingFile(bytes: signature),
      signer: payload.site)
  }

  var entry: SiteList.Entry {
    SiteList.Entry(
      site: payload.site, encryptionKey: SHA256.bytes(payload.encryptionKey),
      maskingKeys: payload.maskingKeys.map(SHA256.bytes))
  }
}

/// The list of sites that take part in secure aggregation, with the keys of each as it sent them.
public struct SecureSites: Sendable {
  /// The keys in the order of the sites' names.
  let keys: [SecureKeys]
  /// The list that everything is bound to.
  package let list: SiteList
  let classes: [String]

  /// The identity of the run's first model.
  var run: String { list.run }
  /// The hash of the list, in hexadecimal.
  var hash: String { SHA256.hexadecimal(list.hash) }
  /// The names of the sites.
  public var sites: [String] { list.entries.map(\.site) }
  /// The number of sites that must take part in each step.
  public var threshold: Int { list.parameters.threshold }
  /// The number of sites that share the noise of a sum: those of which at least that many are
  /// honest in every sum.
  public var noiseShares: Int { list.parameters.threshold - list.parameters.colluding }

  /// Makes the list.
  /// - Parameter signers: the allowed signers; `nil` ignores signatures.
  /// - Throws: `badData` if the keys do not belong together; `refused` if a site did not sign its
  ///   keys; `usage` if there are too few sites.
  public init(_ keys: [SecureKeys], signers: AllowedSigners?) throws(FedMedError) {
    let sorted = keys.sorted { $0.payload.site.precedes($1.payload.site) }
    guard let first = sorted.first else { throw FedMedError(.usage, "no keys given") }
    for own in sorted {
      guard own.payload.run == first.payload.run, own.classes == first.classes else {
        throw FedMedError(.badData, "of another run than \(first.name)", file: own.name)
      }
      if let signers { try own.requireSignature(signers) }
    }
    self.keys = sorted
    list = try SiteList(run: first.payload.run, entries: sorted.map(\.entry))
    classes = first.classes
  }

  /// Reads a list, and checks everything that it says against the keys in it.
  /// - Throws: `noInput` if the file cannot be opened; `badData` if it is malformed; `refused` if a
  ///   site did not sign its keys; `usage` if there are too few sites; `ioError` if reading fails.
  public init(path: String, signers: AllowedSigners?) throws(FedMedError) {
    let reader = try ArchiveReader(path: path, kinds: [.sites])
    guard case .sites(let payload) = reader.manifest.payload else {
      throw reader.fault("not a list of sites", "manifest.json")
    }
    let files = try reader.files()
    var keys: [SecureKeys] = []
    for index in payload.sites.indices {
      let names = SitesPayload.names(of: index)
      keys.append(
        try SecureKeys(
          bytes: files[names[0]] ?? [], signature: files[names[1]],
          name: "\(reader.name): \(names[0])"))
    }
    try self.init(keys, signers: signers)
    guard run == payload.run, sites == payload.sites else {
      throw reader.fault("differs from the keys in it", "manifest.json")
    }
  }

  /// Writes the list.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
  public func write(tool: String, to descriptor: Int32, file: String) throws(FedMedError) {
    let writer = try ArchiveWriter()
    for (index, own) in keys.enumerated() {
      let names = SitesPayload.names(of: index)
      try writer.add(names[0], file: own.bytes)
      if let signature = own.signature { try writer.add(names[1], file: signature) }
    }
    try writer.finish(
      Manifest(tool: tool, classes: classes, .sites(SitesPayload(run: run, sites: sites))),
      filter: .none, to: descriptor, file: file)
  }
}

/// The agreement on the updates of a round, as the server published it.
public struct SecureAgreement: Sendable {
  /// The bytes of the archive, which sites sign.
  let bytes: [UInt8]
  /// The identity of the archive.
  let identity: String
  let payload: AgreementPayload
  private let list: SiteList
  /// The round; 0 if it is the agreement on the sites that sent shares.
  public var round: Int { payload.round }

  /// The SHA-256 of the file, in hexadecimal.
  var checksum: String { SHA256.hexadecimal(SHA256.digest(bytes)) }

  /// Reads an agreement.
  /// - Throws: `noInput` if the file cannot be opened; `badData` if it is malformed, or not of this
  ///   list; `ioError` if reading fails.
  public init(path: String, sites: SecureSites) throws(FedMedError) {
    try self.init(bytes: SecureBytes.read(path), sites: sites, name: path)
  }

  init(bytes: [UInt8], sites: SecureSites, name: String) throws(FedMedError) {
    self.bytes = bytes
    let reader = try ArchiveReader(SecureBytes.source(bytes, name), kinds: [.agreement])
    try reader.verify()
    guard case .agreement(let payload) = reader.manifest.payload else {
      throw reader.fault("not an agreement", "manifest.json")
    }
    guard payload.run == sites.run, payload.list == sites.hash else {
      throw reader.fault("of another run or list of sites", "manifest.json")
    }
    (self.payload, identity, list) = (payload, reader.identity, sites.list)
    do throws(FedMedError) {
      for site in payload.sites { _ = try list.index(of: site) }
      guard payload.sites.count >= list.parameters.threshold else {
        throw FedMedError(
          .badData,
          "\(payload.sites.count) sites sent shares, the threshold is \(list.parameters.threshold)")
      }
      if payload.round > 0 { _ = try sum() }
    } catch {
      throw error.naming(file: name)
    }
  }

  /// The sets A and U of a round.
  /// - Throws: `badData` if U is not part of A; `tryAgain` if it is smaller than the threshold.
  func sum() throws(FedMedError) -> SumAgreement {
    try SumAgreement(
      list: list, round: payload.round, sharers: payload.sites,
      updates: Dictionary(uniqueKeysWithValues: payload.inputs.map { ($0.site, $0.identity) }))
  }

  /// Whether the archive was signed by a site.
  /// - Throws: `refused` if the signature is not the site's.
  func verify(
    _ signature: [UInt8], of site: String, _ signers: AllowedSigners, name: String
  ) throws(FedMedError) {
    _ = try signers.verify(
      name, bytes: StagingFile(bytes: bytes), signature: StagingFile(bytes: signature),
      signer: site)
  }
}

/// Small files in memory.
enum SecureBytes {
  /// The largest size of a file that is embedded in an archive.
  static let limit = MemberRule.fileLimit

  static func read(_ path: String) throws(FedMedError) -> [UInt8] {
    let source = try ByteSource(path: path)
    let bytes = try source.read(upTo: limit + 1)
    guard bytes.count <= limit else { throw source.tooLarge(limit) }
    return bytes
  }

  static func source(_ bytes: [UInt8], _ name: String) throws(FedMedError) -> ByteSource {
    try StagingFile(bytes: bytes).source(named: name)
  }
}

extension SHA256 {
  /// The bytes of a text in hexadecimal, which has been checked.
  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

extension ArchiveReader {
  /// The bytes of all members in the rest of the archive, by name.
  /// - Throws: `badData` if it is malformed; `ioError` if reading fails.
  func files() throws(FedMedError) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    while let member = try next() { files[member.name] = try bytes() }
    return files
  }
}
