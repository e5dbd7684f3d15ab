import FMArchive
import FMBase
import FMMetrics

/// A file that a site has sent, on its way to be an update: what is known of it so far is told even
/// where it is refused.
struct Arrival {
  private let path: String
  /// What messages call it.
  private let name: String
  /// The file as it was at first, where it is kept.
  private let copy: StagingFile?
  private var seal: FederatedRound.Seal?
  private var manifest: Manifest?
  private var identity: String?

  /// - Parameters:
  ///   - path: a file, a pipe, or `-` for standard input; what cannot be read twice is kept.
  ///   - isSealed: whether its checksum counts.
  ///   - isSigned: whether its signature does. It must be a plain file then, and is kept, so that nobody
  ///     can put another one in its place in between.
  /// - Throws: `badData` where it is larger than may be.
  init(_ path: String, isSealed: Bool, isSigned: Bool = false) throws(FedMedError) {
    self.path = path
    let isRegular = ByteSource.isRegularFile(path)
    guard isRegular || !isSigned else {
      throw FedMedError(.noInput, "is no plain file", file: path)
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

  /// Reads its manifest, and no more of it.
  /// - Throws: `badData`.
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
    default: throw reader.fault("is no update", "manifest.json")
    }
    return FederatedRound.Update(
      manifest: reader.manifest, payload: payload, identity: reader.identity, name: reader.name,
      seal: seal,
      open: open)
  }

  /// What a finished model that keeps its statistics is to a sum: an aggregate of its sites.
  private static func statistics(
    of model: ModelPayload, _ reader: ArchiveReader
  ) throws(FedMedError) -> UpdatePayload {
    guard model.keepsStatistics, let parent = model.parent, !model.inputs.isEmpty else {
      throw FedMedError(
        .badData, "expected update, found model", file: reader.name,
        hint: "of models, only one that keeps its sites' statistics can be changed")
    }
    var payload = UpdatePayload(
      run: model.run, round: model.round, site: "", samples: model.samples ?? 0, parent: parent)
    payload.inputs = model.inputs
    return payload
  }

  /// The same, read to the end: what is broken behind the manifest is found before it counts.
  /// - Parameter signers: who may sign for the sites; nil looks at no signature.
  /// - Throws: `badData`, and `refused` where it is not signed by the site that it names.
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
