import FMArchive
import FMBase
import FMPartition
import FMReports

/// The server's side of an exchange: what sites have answered, verified before it counts.
public struct Reception {
  /// What a site is asked for.
  public enum Answer: String, CaseIterable, Sendable {
    /// The update that was trained from the model.
    case update
    /// The report of the model on validation samples.
    case report
    /// The report of the model on test samples.
    case test

    /// The name of its file in a site's answer folder.
    package func file(suffix: String) -> String { "\(rawValue)\(suffix)" }
  }

  /// An answer that was looked at.
  public struct Decision {
    /// The name of the site's folder.
    public let name: String
    /// The site, as its archive names it, as far as that could be read.
    public let site: String?
    /// SHA-256 of the file, where it could be copied.
    public let checksum: String?
    /// SHA-256 of its signature, where there is one.
    public let signatureChecksum: String?
    /// The fingerprint of the key that signed it.
    public let signer: String?
    /// Why it was refused; nil where it was taken.
    public let refusal: FedMedError?
    /// An answer to an earlier request: no fault, and of no use.
    public let isLate: Bool
    package let archive: StagingFile?
    package let signature: StagingFile?
    package let folder: AnswerFolder?
    package let file: String
  }

  private let model: ModelArchive
  private let answer: Answer
  private let signers: AllowedSigners?
  /// The names of all sites' folders, by the site that has answered in each; and the folders alone.
  private var folders: [String: String]
  private let names: Set<String>

  /// - Parameters:
  ///   - model: the model that the sites were asked about.
  ///   - signers: who may sign for the sites; nil looks at no signature.
  ///   - names: the names of all sites' folders.
  ///   - known: the folder of each site that has answered before, by the site's name.
  public init(
    _ answer: Answer, model: ModelArchive, signers: AllowedSigners?, names: [String],
    known: [String: String]
  ) {
    (self.answer, self.model, self.signers) = (answer, model, signers)
    (self.names, folders) = (Set(names), known)
  }

  /// The most bytes that an answer may take: as many as its numbers, its manifest and headers do.
  private var limit: Int {
    let small = JSONLimits.manifest.bytes + 1 << 20
    guard answer == .update else { return JSONLimits.report.bytes + small }
    // Room for a sum of several sites too, whose integers have eight bytes: it is refused as what it is.
    let sent = (try? model.method().sent) ?? []
    return sent.reduce(small) { $0 + 8 * $1.shape.reduce(1, *) + 1 << 13 }
  }

  /// Looks at a site's answer. It stays where it is until it is kept.
  /// - Returns: nil where there is none.
  /// - Throws: what is not the site's fault: no room for a copy, or no `ssh-keygen`.
  public mutating func decide(
    name: String, exchange: String, suffix: String
  ) throws(FedMedError) -> Decision? {
    let file = answer.file(suffix: suffix)
    var folder: AnswerFolder?
    var (archive, signature): (StagingFile?, StagingFile?) = (nil, nil)
    var (site, signer): (String?, String?) = (nil, nil)
    var (refusal, isLate): (FedMedError?, Bool) = (nil, false)
    do throws(FedMedError) {
      let own = try AnswerFolder(exchange: exchange, site: name)
      folder = own
      archive = try own.copy(file, limit: limit)
      guard let archive else { return nil }
      signature = try own.copy("\(file).sig", limit: AllowedSigners.signatureLimit)
      let place = own.place(file)
      let kinds: [Manifest.Kind] = [answer == .update ? .update : .report]
      let manifest = try ArchiveReader(archive.source(named: place), kinds: kinds).manifest
      site = manifest.site
      isLate = manifest.round ?? 0 < expectedRound
      guard !isLate else {
        throw FedMedError(.refused, "an answer to an earlier request", file: place)
      }
      try check(manifest, folder: name, file: place)
      if let signers {
        guard let signature else { throw AllowedSigners.missing(place) }
        signer = try signers.verify(
          place, bytes: archive, signature: signature, signer: site ?? "")
      }
      // From its beginning again: what the copy is read by is one at a time.
      try checkContent(ArchiveReader(archive.source(named: place), kinds: kinds))
      if let site { folders[site] = name }
    } catch {
      guard error.code == .badData || error.code == .refused else { throw error }
      refusal = error
    }
    return Decision(
      name: name, site: site, checksum: try archive?.checksum(),
      signatureChecksum: try signature?.checksum(), signer: signer, refusal: refusal,
      isLate: isLate, archive: archive, signature: signature, folder: folder, file: file)
  }

  private var expectedRound: Int { answer == .update ? model.round + 1 : model.round }

  private func check(
    _ manifest: Manifest, folder: String, file: String
  ) throws(FedMedError) {
    func require(_ fits: Bool, _ reason: String, hint: String? = nil) throws(FedMedError) {
      guard fits else { throw FedMedError(.badData, reason, file: file, hint: hint) }
    }
    try require(
      manifest.round == expectedRound,
      "of round \(manifest.round ?? 0), asked for round \(expectedRound)")
    let (parent, method): (String?, String?)
    switch manifest.payload {
    case .update(let update): (parent, method) = (update.parent, update.run.method)
    case .report(let report): (parent, method) = (report.scored.parent, report.scored.method)
    default: (parent, method) = (nil, nil)
    }
    try require(
      parent == model.identity, "from another model than that of round \(model.round)")
    try require(
      manifest.classes == model.manifest.classes && method == model.run.method,
      "has other classes or another method than the model")
    if case .update(let update) = manifest.payload {
      try require(
        update.inputs.isEmpty, "a sum of several sites",
        hint: "each site sends its own update; sums are aggregated by hand")
      try require(
        model.run.encoder.fits(update.run.encoder)
          && update.run.parameters == model.run.parameters,
        "has another encoder or other parameters than the model")
    }
    // Without signatures, nothing but its folder tells whose it is.
    let site = manifest.site ?? ""
    let slug = Partition.slug(site)
    // As fm-partition names files: numbered where names of sites would be the same.
    let isNumbered = folder.hasPrefix("\(slug)-") && Int(folder.dropFirst(slug.count + 1)) != nil
    try require(
      folders[site].map { $0 == folder }
        ?? (slug == folder || isNumbered || !names.contains(slug)),
      "is of site '\(printable(site))', which does not belong to this folder",
      hint: "each site answers in the folder of its own name")
    if let other = folders.first(where: { $0.value == folder && $0.key != site }) {
      try require(
        false, "is of site '\(printable(site))'; this folder is that of '\(printable(other.key))'")
    }
  }

  private func checkContent(_ reader: ArchiveReader) throws(FedMedError) {
    switch answer {
    case .update:
      if case .sum(let method) = try model.method().server {
        _ = try method.totals(reader, samples: reader.manifest.samples ?? 0)
        return
      }
      // What half precision cannot hold would make a model that cannot be sent, round after round.
      let largest = Float(Float16.greatestFiniteMagnitude)
      for tensor in try reader.tensors() where tensor.values.contains(where: { abs($0) > largest })
      {
        throw FedMedError(
          .badData, "a number beyond \(Int(largest))", file: reader.name, place: tensor.name)
      }
    case .report, .test:
      let wanted = answer == .test ? Split.test : .validation
      let report = try SiteReport(reader)
      guard report.report.split == wanted.rawValue else {
        throw FedMedError(
          .badData, "of the \(report.report.split) split, asked for \(wanted.rawValue)",
          file: reader.name)
      }
    }
  }
}

extension Reception.Decision {
  /// Writes the archive as it was verified.
  public func writeArchive(to descriptor: Int32, file: String) throws(FedMedError) {
    try archive?.write(to: descriptor, file: file)
  }

  public var isSigned: Bool { signature != nil }

  /// Whether the site's folder could be opened; where not, nothing can be said about an answer.
  public var hasFolder: Bool { folder != nil }

  public func writeSignature(to descriptor: Int32, file: String) throws(FedMedError) {
    try signature?.write(to: descriptor, file: file)
  }

  /// Removes the answer from the site's folder, once it is kept elsewhere or is of no use.
  public func clear() {
    folder?.remove(file)
    folder?.remove("\(file).sig")
  }
}
