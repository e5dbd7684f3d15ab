import FMCommand
import FedMed

/// The folder of a site's secrets in a run with secure aggregation. Everything that the site sends
/// is kept in it, and sent again if a step is repeated, so no step is ever done in two ways.
struct SecretsFolder {
  private let folder: PrivateFolder

  /// Opens and locks the folder, which is created if it does not exist.
  /// - Throws: `cannotCreate` if it cannot be created; `tryAgain` if another process uses it.
  init(path: String) throws(FedMedError) { folder = try PrivateFolder(path: path) }

  var path: String { folder.path }
  func file(_ name: String) -> String { folder.file(name) }
  func has(_ name: String) -> Bool { folder.has(name) }

  /// The name of a round's folder, which is created.
  /// - Throws: `cannotCreate` if it cannot be created.
  func round(_ number: Int) throws(FedMedError) -> String {
    let name = "round-\(number)"
    try folder.makeFolder(name)
    return name
  }

  /// Writes a file unless it exists, and syncs it.
  /// - Throws: `ioError` or `cannotCreate` if it cannot be written; the error of `body`.
  func keep(_ name: String, _ body: Output.Body) throws(FedMedError) {
    guard !has(name) else { return }
    try folder.replace(name, body)
  }

  /// Keeps a copy of a file that was received, unless there is one already.
  /// - Throws: `refused` if another one was kept before; `noInput` if the file cannot be opened;
  ///   `ioError` or `cannotCreate` if the copy cannot be written.
  func keep(_ name: String, copyOf source: String, what: String) throws(FedMedError) {
    let bytes = try StagingFile(archive: ByteSource(path: source))
    guard has(name) else {
      return try keep(name) { descriptor, file throws(FedMedError) in
        try bytes.write(to: descriptor, file: file)
      }
    }
    let kept = try StagingFile(archive: ByteSource(path: file(name)))
    guard try kept.checksum() == bytes.checksum() else {
      throw FedMedError(
        .refused, "differs from the \(what) that this site received before", file: source,
        hint: "the site has answered it; \(file(name)) is a copy")
    }
  }

  /// Sends a file of the folder.
  /// - Throws: `usage`, `ioError` or `cannotCreate` if the output cannot be written or signed.
  func send(_ name: String, to output: String?, signedBy key: SigningKey?) throws(FedMedError) {
    let bytes = try StagingFile(archive: ByteSource(path: file(name)))
    try Output.write(to: output, isBinary: true, signedBy: key) {
      descriptor, file throws(FedMedError) in
      try bytes.write(to: descriptor, file: file)
    }
  }

  /// The site's secrets.
  /// - Throws: `noInput` if there are none; `badData` if they are malformed.
  func secrets() throws(FedMedError) -> SecureSecrets {
    let path = file("secrets.json")
    let text = try ByteSource(path: path).text(limit: JSONLimits.report.bytes)
    return try SecureSecrets(json: Array(text.utf8), file: path)
  }

  /// The allowed signers. If the list of sites was accepted with its signatures, all later steps
  /// require them too.
  /// - Throws: `usage` if they are missing then; `noInput` or `badData` if they cannot be read.
  func signers(_ options: SignatureOptions) throws(FedMedError) -> AllowedSigners? {
    let signers = try options.allowed()
    guard signers != nil || !has(Self.signed) else {
      throw FedMedError(
        .usage, "this site checks signatures: --allowed-signers is required", file: path)
    }
    return signers
  }

  /// The file that marks that signatures were checked.
  static let signed = "signed"

  /// The list of sites that the site accepted when it sent its shares.
  /// - Throws: `noInput` if there is none.
  func sites() throws(FedMedError) -> SecureSites {
    try SecureSites(path: file("sites.tar"), signers: nil)
  }
}
