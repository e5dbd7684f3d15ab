import Glibc

/// Who may sign, by OpenSSH's file of allowed signers; `ssh-keygen -Y verify` checks. A file's signature
/// lies beside it, under its name with `.sig`, as `ssh-keygen -Y sign -n fedmed -f KEY FILE` leaves it.
public struct AllowedSigners: Sendable {
  /// What our signatures are for: one that was made for something else does not count.
  public static let namespace = "fedmed"

  private let path: String

  /// - Throws: `noInput` where the file cannot be read.
  public init(path: String) throws(FedMedError) {
    guard access(path, R_OK) == 0 else {
      throw FedMedError(.noInput, errno: errno, "open", file: path)
    }
    self.path = path
  }

  /// Reads a model that `signer` has signed.
  public func model(path: String, signer: String) throws(FedMedError) -> ModelArchive {
    let bytes = try Self.bytes(path)
    _ = try verify(path, bytes: bytes, signer: signer)
    return try ModelArchive(ArchiveReader(bytes.source(named: path), kinds: [.model]))
  }

  /// Reads a report that the site which it names has signed.
  public func report(path: String) throws(FedMedError) -> SiteReport {
    let bytes = try Self.bytes(path)
    let report = try SiteReport(ArchiveReader(bytes.source(named: path), kinds: [.report]))
    _ = try verify(path, bytes: bytes, signer: report.site)
    return report
  }

  /// Checks a file's signature, whatever it is.
  /// - Returns: the key's fingerprint.
  public func check(path: String, signer: String) throws(FedMedError) -> String {
    try verify(path, bytes: Self.bytes(path), signer: signer)
  }

  private static func bytes(_ path: String) throws(FedMedError) -> StagingFile {
    try StagingFile(archive: ByteSource(path: path))
  }

  /// Checks a file's signature, over the bytes that are read afterwards: they are kept aside.
  /// - Parameters:
  ///   - file: its path.
  ///   - bytes: what was read of it.
  ///   - signer: the principal whose key it must be.
  /// - Returns: the key's fingerprint.
  /// - Throws: `refused` where there is no signature, or it is not that signer's.
  func verify(
    _ file: String, bytes: StagingFile, signer: String
  ) throws(FedMedError) -> String {
    let signature = "\(file).sig"
    guard ByteSource.isRegularFile(signature), access(signature, R_OK) == 0 else {
      throw FedMedError(
        .refused, "is not signed", file: file,
        hint: "ssh-keygen -Y sign -n \(Self.namespace) -f KEY \(file) signs it")
    }
    let source = try bytes.source(named: file)
    let (status, output) = try Subprocess.run(
      [
        "ssh-keygen", "-Y", "verify", "-f", path, "-I", signer, "-n", Self.namespace, "-s",
        signature,
      ], input: source)
    guard status == 0 else {
      let reason = output.split(separator: "\n").last.map { printable(String($0)) } ?? ""
      throw FedMedError(
        .refused, "is not signed by '\(printable(signer))': \(reason.lowercased())", file: file,
        hint: "\(path) must have a line of that name with the key that signed it")
    }
    // Good "fedmed" signature for NAME with ED25519 key SHA256:…
    return output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
  }
}
