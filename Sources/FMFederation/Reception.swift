import FMArchive
import FMBase
import FMPartition
import FMReports

/// The server's side of an exchange: answers from sites, verified before they are accepted.
public struct Reception {
  /// The type of answer that the server requests.
  public enum Answer: String, CaseIterable, Sendable {
    /// The update trained from the model.
    case update
    /// The report on the model's predictions for validation samples.
    case report
    /// The report on the model's predictions for test samples.
    case test
    /// The site's public keys for secure aggregation.
    case keys
    /// The site's sealed shares for the others.
    case share
    /// The agreement on the sites that sent shares, as the site signed it.
    case accept
    /// The agreement of the round as the site signed it.
    case confirm
    /// The shares that the site reveals.
    case reveal

    /// The name of its file in a site's answer folder.
    package func file(suffix: String) -> String { "\(rawValue)\(suffix)" }
  }

  /// The decision about an answer.
  public struct Decision {
    /// The name of the site's folder.
    public let name: String
    /// The site named in the archive; `nil` if that could not be read.
    public let site: String?
    /// The SHA-256 of the file; `nil` if it could not be copied.
    public let checksum: String?
    /// The SHA-256 of its signature; `nil` if there is none.
    public let signatureChecksum: String?
    /// The fingerprint of the signing key; `nil` if it was not verified.
    public let signer: String?
    /// The reason for a refusal; `nil` if the answer was accepted.
    public let refusal: FedMedError?
    /// Whether it answers an earlier request, which is harmless but useless.
    public let isLate: Bool
    package let archive: StagingFile?
    package let signature: StagingFile?
    package let folder: AnswerFolder?
    package let file: String
  }

  private let model: ModelArchive
  private let answer: Answer
  private let signers: AllowedSigners?
  /// `nil` if sites send plain updates.
  private let secure: Secure?
  /// The folder of each site that has answered, by the site's name.
  private var folders: [String: String]
  /// The names of all sites' folders.
  private let names: Set<String>

  /// Prepares to receive answers.
  /// - Parameters:
  ///   - answer: the type of answer.
  ///   - model: the model that the request is about.
  ///   - signers: the allowed signers; `nil` ignores signatures.
  ///   - names: the names of all sites' folders.
  ///   - known: the folder of each site that has answered before, by the site's name.
  ///   - secure: what the answers of secure aggregation are checked against; `nil` without it.
  public init(
    _ answer: Answer, model: ModelArchive, signers: AllowedSigners?, names: [String],
    known: [String: String], secure: Secure? = nil
  ) {
    (self.answer, self.model, self.signers) = (answer, model, signers)
    self.secure = secure ?? (answer.isSecure ? Secure(sites: nil) : nil)
    (self.names, folders) = (Set(names), known)
  }

  /// The largest size of an answer in bytes: that of its numbers, manifest and headers.
  private var limit: Int {
    let small = JSONLimits.manifest.bytes + 1 << 20
    // Shares for 255 sites and 500 rounds.
    guard !answer.isSecure else { return small + 8 << 20 }
    guard answer == .update else { return JSONLimits.report.bytes + small }
    // Allow the size of a sum of several sites too, with 8 bytes per integer, so that it is refused
    // with a specific error.
    let sent = (try? model.method().sent) ?? []
    return sent.reduce(small) { $0 + 8 * $1.shape.reduce(1, *) + 1 << 13 }
  }

  /// Verifies a site's answer, which stays in its folder.
  /// - Parameters:
  ///   - name: the name of the site's folder.
  ///   - exchange: the path of the exchange's folder.
  ///   - suffix: the suffix of the file name.
  /// - Returns: the decision; `nil` if there is no answer.
  /// - Throws: an error that is not the site's fault: `ioError` or `cannotCreate` if there is no
  ///   room for a copy, `noInput` if `ssh-keygen` is missing.
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
      let kinds = [answer.kind(isSecure: secure != nil)]
      let reader = try ArchiveReader(archive.source(named: place), kinds: kinds)
      let manifest = reader.manifest
      // An agreement does not name the site that confirms it.
      site =
        answer == .confirm || answer == .accept
        ? folders.first { $0.value == name }?.key : manifest.site
      isLate = manifest.round ?? 0 < expectedRound
      guard !isLate else {
        throw FedMedError(.refused, "an answer to an earlier request", file: place)
      }
      if let secure, kinds != [.report] {
        try secure.check(reader, model: model)
        // Signatures are of the file, so it must be the same byte for byte.
        if let agreement = secure.agreement, kinds == [.agreement] {
          try require(
            archive.checksum() == agreement.checksum, "not the agreement that was published",
            file: place)
        }
      } else {
        try check(manifest, file: place)
      }
      try checkFolder(name, of: site ?? "", file: place)
      if let signers {
        guard let signature else { throw AllowedSigners.missing(place) }
        signer = try signers.verify(
          place, bytes: archive, signature: signature, signer: site ?? "")
      }
      // Read from the beginning again: sources of the same copy share an offset, so there is one at
      // a time.
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

  private var expectedRound: Int {
    [.keys, .share, .accept].contains(answer) ? 0 : model.round + (answer.isOfNextRound ? 1 : 0)
  }

  private func require(
    _ fits: Bool, _ reason: String, file: String, hint: String? = nil
  ) throws(FedMedError) {
    guard fits else { throw FedMedError(.badData, reason, file: file, hint: hint) }
  }

  private func check(_ manifest: Manifest, file: String) throws(FedMedError) {
    func require(_ fits: Bool, _ reason: String, hint: String? = nil) throws(FedMedError) {
      try self.require(fits, reason, file: file, hint: hint)
    }
    try require(
      manifest.round == expectedRound,
      "expected round \(expectedRound), found \(manifest.round ?? 0)")
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
      "classes or method differ from those of the model")
    if case .update(let update) = manifest.payload {
      try require(
        update.inputs.isEmpty, "a sum of several sites, expected the update of one site",
        hint: "each site sends its own update; pass sums to fm-aggregate instead")
      try require(
        model.run.encoder.fits(update.run.encoder)
          && update.run.parameters == model.run.parameters,
        "encoder or hyper-parameters differ from those of the model")
    }
  }

  /// Checks that a site answers in its own folder. Without signatures, only the folder tells which
  /// site an answer is from.
  private func checkFolder(
    _ folder: String, of site: String, file: String
  ) throws(FedMedError) {
    let slug = Partition.slug(site)
    // fm-partition numbers file names if the names of two sites would otherwise be equal.
    let isNumbered = folder.hasPrefix("\(slug)-") && Int(folder.dropFirst(slug.count + 1)) != nil
    try require(
      folders[site].map { $0 == folder }
        ?? (slug == folder || isNumbered || !names.contains(slug)),
      "comes from site '\(printable(site))', which answers in another folder", file: file,
      hint: "each site answers in the folder of its own name")
    if let other = folders.first(where: { $0.value == folder && $0.key != site }) {
      try require(
        false,
        "is of site '\(printable(site))', this folder belongs to site '\(printable(other.key))'",
        file: file)
    }
  }

  private func checkContent(_ reader: ArchiveReader) throws(FedMedError) {
    switch answer {
    case .keys, .share, .accept, .confirm, .reveal: try reader.verify()
    case .update where secure != nil: try reader.verify()
    case .update:
      if case .sum(let method) = try model.method().server {
        _ = try method.totals(
          reader, samples: reader.manifest.samples ?? 0, noise: reader.manifest.noise)
        return
      }
      // A number beyond half precision would make a model that cannot be sent, round after round.
      let largest = Float(Float16.greatestFiniteMagnitude)
      for tensor in try reader.tensors() where tensor.values.contains(where: { abs($0) > largest })
      {
        throw FedMedError(
          .badData, "a number beyond \(Int(largest)), the limit of half precision",
          file: reader.name, place: tensor.name)
      }
    case .report, .test:
      let wanted = answer == .test ? Split.test : .validation
      let report = try SiteReport(reader)
      guard report.report.split == wanted.rawValue else {
        throw FedMedError(
          .badData, "expected the \(wanted.rawValue) split, found \(report.report.split)",
          file: reader.name)
      }
    }
  }
}

extension Reception.Decision {
  /// Writes the verified copy of the archive.
  /// - Throws: `ioError` if reading or writing fails.
  public func writeArchive(to descriptor: Int32, file: String) throws(FedMedError) {
    try archive?.write(to: descriptor, file: file)
  }

  /// Whether the answer has a signature.
  public var isSigned: Bool { signature != nil }

  /// Whether the site's folder could be opened; otherwise nothing is known about an answer.
  public var hasFolder: Bool { folder != nil }

  /// Writes the verified copy of the signature.
  /// - Throws: `ioError` if reading or writing fails.
  public func writeSignature(to descriptor: Int32, file: String) throws(FedMedError) {
    try signature?.write(to: descriptor, file: file)
  }

  /// Removes the answer from the site's folder, once it is stored elsewhere or useless.
  public func clear() {
    folder?.remove(file)
    folder?.remove("\(file).sig")
  }
}
