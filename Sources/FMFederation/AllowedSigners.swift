import FMArchive
import FMBase
import FMNumerics
import FMReports
import Glibc

/// Who may sign, by OpenSSH's file of allowed signers; `ssh-keygen -Y verify` checks. A file's signature
/// lies beside it, under its name with `.sig`, as `ssh-keygen -Y sign -n fedmed -f KEY FILE` leaves it.
public struct AllowedSigners: Sendable {
  /// What our signatures are for: one that was made for something else does not count.
  public static let namespace = "fedmed"
  /// The most bytes of a signature. One of RSA with 16,384 bits has 3 kB; `ssh-keygen` takes time by the
  /// square of the length.
  public static let signatureLimit = 16 << 10

  private let path: String

  /// - Throws: `noInput` where the file cannot be read; `badData` where a name in it is a pattern, which
  ///   would allow more than one signer.
  public init(path: String) throws(FedMedError) {
    self.path = path
    let lines = Table.lines(try ByteSource(path: path).text(limit: 1 << 20))
    for (index, line) in lines.enumerated() {
      let names = Self.names(line)
      guard names.isEmpty || !Self.isPattern(names) else {
        throw FedMedError(
          .badData, "'\(printable(names))' is a pattern", file: path, place: "line \(index + 1)",
          hint: "write a line of its own for each site, without any of * ? ! and ,")
      }
    }
  }

  /// The first word of a line, in quotes where it has spaces; empty for a comment.
  private static func names(_ line: Substring) -> String {
    let text = line.drop { $0 == " " || $0 == "\t" }
    if text.isEmpty || text.hasPrefix("#") { return "" }
    return text.hasPrefix("\"")
      ? String(text.dropFirst().prefix { $0 != "\"" })
      : String(text.prefix { $0 != " " && $0 != "\t" })
  }

  private static func isPattern(_ name: some StringProtocol) -> Bool {
    name.contains { "*?!,".contains($0) }
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

  /// Checks the signature beside a file, over the bytes that are read afterwards: they are kept aside.
  /// - Parameters:
  ///   - file: its path.
  ///   - bytes: what was read of it.
  ///   - signer: the principal whose key it must be.
  /// - Returns: the key's fingerprint.
  /// - Throws: `refused` where there is no signature, or it is not that signer's.
  package func verify(
    _ file: String, bytes: StagingFile, signer: String
  ) throws(FedMedError) -> String {
    let path = "\(file).sig"
    guard ByteSource.isRegularFile(path), access(path, R_OK) == 0 else {
      throw Self.missing(file)
    }
    let signature = try StagingFile()
    do throws(FedMedError) {
      try signature.fill(from: ByteSource(path: path), limit: Self.signatureLimit)
    } catch {
      throw error.code == .badData
        ? FedMedError(.refused, error.reason, file: error.file) : error
    }
    return try verify(file, bytes: bytes, signature: signature, signer: signer)
  }

  package static func missing(_ file: String) -> FedMedError {
    FedMedError(
      .refused, "is not signed", file: file,
      hint: "ssh-keygen -Y sign -n \(namespace) -f KEY \(file) signs it")
  }

  /// Checks a signature that has been read.
  /// - Parameter file: what messages call it.
  package func verify(
    _ file: String, bytes: StagingFile, signature: StagingFile, signer: String
  ) throws(FedMedError) -> String {
    guard !Self.isPattern(signer) else {
      throw FedMedError(
        .refused,
        "'\(printable(signer))' cannot be a signer's name: ssh-keygen takes any of * ? ! "
          + "and , as a pattern", file: file, hint: "partition the features anew with another name")
    }
    let (status, output) = try Subprocess.run(
      [
        "ssh-keygen", "-Y", "verify", "-f", path, "-I", signer, "-n", Self.namespace, "-s",
        "/dev/fd/\(Subprocess.extraDescriptor)",
      ], input: bytes.source(named: file), extra: signature.source(named: file))
    guard status == 0 else {
      throw FedMedError(
        .refused, "is not signed by '\(printable(signer))': \(Subprocess.reason(output))",
        file: file, hint: "\(path) must have a line of that name with the key that signed it")
    }
    // Good "fedmed" signature for NAME with ED25519 key SHA256:…
    return output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
  }
}

/// A private key that signs what is sent, as `ssh-keygen -Y sign` does.
public struct SigningKey: Sendable {
  private let path: String

  /// - Throws: `noInput` where the key cannot be read; `refused` where it has a passphrase, which nobody
  ///   is there to type.
  public init(path: String) throws(FedMedError) {
    self.path = path
    guard access(path, R_OK) == 0 else {
      throw FedMedError(.noInput, errno: errno, "open", file: path)
    }
    let (status, output) = try Subprocess.run(
      ["ssh-keygen", "-y", "-P", "", "-f", path], input: ByteSource(path: "/dev/null"))
    guard status == 0 || !output.contains("passphrase") else {
      throw FedMedError(
        .refused, "is protected by a passphrase", file: path,
        hint: "make a key without one: ssh-keygen -t ed25519 -N '' -f KEY")
    }
  }

  /// The signature of a file's bytes.
  /// - Parameter file: its path.
  /// - Throws: `refused` with ssh-keygen's own reason where it does not sign.
  public func signature(of file: String) throws(FedMedError) -> String {
    let (status, output) = try Subprocess.run(
      ["ssh-keygen", "-q", "-Y", "sign", "-n", AllowedSigners.namespace, "-f", path],
      input: ByteSource(path: file))
    guard status == 0, let start = output.firstRange(of: "-----BEGIN SSH SIGNATURE-----") else {
      throw FedMedError(.refused, "cannot sign: \(Subprocess.reason(output))", file: path)
    }
    return String(output[start.lowerBound...])
  }
}
