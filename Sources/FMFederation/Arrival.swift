import FMArchive
import FMBase
import FMMetrics

/// A file received from a site, before it is accepted as an update. It collects what is known so
/// far, so that a refusal can report it.
struct Arrival {
  private let path: String
  /// The name used in messages.
  private let name: String
  /// The copy of the file; `nil` if it can be read again.
  private let copy: StagingFile?
  private var seal: FederatedRound.Seal?
  private var manifest: Manifest?
  private var identity: String?

  /// Opens a file.
  /// - Parameters:
  ///   - path: a file, a pipe, or `-` for standard input; a source that cannot be read twice is
  ///     copied.
  ///   - isSealed: whether to compute its checksum.
  ///   - isSigned: whether its signature will be checked. It must then be a regular file, and is
  ///     copied, so that nobody can replace it between check and use.
  /// - Throws: `badData` if it is larger than allowed; `noInput` if it cannot be opened.
  init(_ path: String, isSealed: Bool, isSigned: Bool = false) throws(FedMedError) {
    self.path = path
    let isRegular = ByteSource.isRegularFile(path)
    guard isRegular || !isSigned else {
      throw FedMedError(.noInput, "not a regular file", file: path)
    }
    if isRegular && !isSigned {
      (name, copy) = (path, nil)
      if isSealed {
        seal = FederatedRound.Seal(
          checksum: try SHA256.hexadecimal(
            of: ByteSource(path: path), limit: ArchiveReader.fileLimit()),
          signer: nil)
      }
      return
    }
    let source = try ByteSource(path: path)
    let copy = try StagingFile(archive: source)
    (name, self.copy) = (source.name, copy)
    seal = FederatedRound.Seal(checksum: try copy.checksum(), signer: nil)
  }

  /// Reads only its manifest.
  /// - Throws: `badData` if it is malformed or not an update.
  package mutating func update() throws(FedMedError) -> FederatedRound.Update {
    let (path, name, copy) = (path, name, copy)
    let open = { () throws(FedMedError) in
      guard let copy else { return try ArchiveReader(path: path, kinds: [.update, .model]) }
      return try ArchiveReader(copy.source(named: name), kinds: [.update, .model])
    }
    let reader = try open()
    (manifest, identity) = (reader.manifest, reader.identity)
    let payload: UpdatePayload
    switch reader.manifest.payload {
    case .update(let update): payload = update
    case .model(let model): payload = try Self.statistics(of: model, reader)
    default: throw reader.fault("not an update", "manifest.json")
    }
    return FederatedRound.Update(
      manifest: reader.manifest, payload: payload, identity: reader.identity, name: reader.name,
      seal: seal,
      open: open)
  }

  /// The payload of a finished model that keeps its statistics, as a sum of its sites' updates.
  private static func statistics(
    of model: ModelPayload, _ reader: ArchiveReader
  ) throws(FedMedError) -> UpdatePayload {
    guard model.keepsStatistics, let parent = model.parent, !model.inputs.isEmpty else {
      throw FedMedError(
        .badData, "expected an update, found a model", file: reader.name,
        hint: "only a model that keeps its sites' statistics can be changed")
    }
    var payload = UpdatePayload(
      run: model.run, round: model.round, site: "", samples: model.samples ?? 0, parent: parent)
    payload.inputs = model.inputs
    payload.privacy = model.privacy
    return payload
  }

  /// Reads the whole update, so that errors after the manifest are found before it is accepted.
  /// - Parameter signers: the allowed signers; `nil` ignores signatures.
  /// - Throws: `badData` if it is malformed; `refused` if it is not signed by the site that it
  ///   names.
  mutating func wholeUpdate(
    _ signers: AllowedSigners?
  ) throws(FedMedError) -> FederatedRound.Update {
    var update = try update()
    if let signers, let copy, let checksum = seal?.checksum {
      let signer = try signers.verify(path, bytes: copy, signer: update.site)
      update.seal = FederatedRound.Seal(checksum: checksum, signer: signer)
    }
    try update.checkContent()
    return update
  }

  package func refusal(_ error: FedMedError) -> FederatedRound.Refusal {
    FederatedRound.Refusal(
      name: name, seal: seal, manifest: manifest, identity: identity, error: error)
  }
}
