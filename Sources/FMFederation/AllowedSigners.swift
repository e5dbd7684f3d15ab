import FMArchive
import FMBase
import FMNumerics
import FMReports
import Glibc

/// The signers allowed by an OpenSSH file of allowed signers; `ssh-keygen -Y verify` checks
/// signatures. The signature of a file is next to it, with the suffix `.sig`, as `ssh-keygen -Y
/// sign -n fedmed -f KEY FILE` writes it.
public struct AllowedSigners: Sendable {
  /// The namespace of signatures; signatures made for another purpose are refused.
  public static let namespace = "fedmed"
  /// The most bytes of a signature. A signature by a 16,384-bit RSA key has 3 kB; the time that
  /// `ssh-keygen` takes grows with the square of the length.
  public static let signatureLimit = 16 << 10

  private let path: String

  /// Reads a file of allowed signers.
  /// - Throws: `noInput` if the file cannot be read; `badData` if a name in it is a pattern, which
  ///   would allow more than one signer.
  public init(path: String) throws(FedMedError) {
    self.path = path
    let lines = Table.lines(try ByteSource(path: path).text(limit: 1 << 20))
    for (index, line) in lines.enumerated() {
      let names = Self.names(line)
      guard names.isEmpty || !Self.isPattern(names) else {
        throw FedMedError(
          .badData, "'\(printable(names))' is a pattern, expected a single name", file: path,
          place: "line \(index + 1)",
          hint: "write one line for each site, without the characters * ? ! and ,")
      }
    }
  }

  /// The first word of a line, quoted if it contains spaces; empty for a comment.
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

  /// Reads a model signed by `signer`.
  /// - Throws: `refused` if there is no valid signature by the signer; `noInput` if the file or
  ///   `ssh-keygen` is missing; `badData` if the file is malformed; `ioError` if reading fails.
  public func model(path: String, signer: String) throws(FedMedError) -> ModelArchive {
    let bytes = try Self.bytes(path)
    _ = try verify(path, bytes: bytes, signer: signer)
    return try ModelArchive(ArchiveReader(bytes.source(named: path), kinds: [.model]))
  }

  /// Reads a report signed by the site that it names.
  /// - Throws: `refused` if there is no valid signature by the signer; `noInput` if the file or
  ///   `ssh-keygen` is missing; `badData` if the file is malformed; `ioError` if reading fails.
  public func report(path: String) throws(FedMedError) -> SiteReport {
    let bytes = try Self.bytes(path)
    let report = try SiteReport(ArchiveReader(bytes.source(named: path), kinds: [.report]))
    _ = try verify(path, bytes: bytes, signer: report.site)
    return report
  }

  /// Checks the signature of a file of any kind.
  /// - Returns: the fingerprint of the key.
  /// - Throws: `refused` if there is no valid signature by the signer; `noInput` if the file or
  ///   `ssh-keygen` is missing; `badData` if the file is too large; `ioError` if reading fails.
  public func check(path: String, signer: String) throws(FedMedError) -> String {
    try verify(path, bytes: Self.bytes(path), signer: signer)
  }

  private static func bytes(_ path: String) throws(FedMedError) -> StagingFile {
    try StagingFile(archive: ByteSource(path: path))
  }

  /// Checks the signature next to a file over a copy of its bytes, which is then the only one read.
  /// - Parameters:
  ///   - file: the path.
  ///   - bytes: the copy of the file.
  ///   - signer: the principal whose key must have signed it.
  /// - Returns: the fingerprint of the key.
  /// - Throws: `refused` if there is no signature, or it is not the signer's.
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

  /// The error for a file without a signature.
  package static func missing(_ file: String) -> FedMedError {
    FedMedError(
      .refused, "is not signed", file: file,
      hint: "sign it with ssh-keygen -Y sign -n \(namespace) -f KEY \(file)")
  }

  /// Checks a signature that has been read.
  /// - Parameter file: the file name in messages.
  /// - Returns: the fingerprint of the key.
  /// - Throws: `refused` if it is not the signer's.
  package func verify(
    _ file: String, bytes: StagingFile, signature: StagingFile, signer: String
  ) throws(FedMedError) -> String {
    guard !Self.isPattern(signer) else {
      throw FedMedError(
        .refused,
        "invalid signer name '\(printable(signer))': ssh-keygen treats * ? ! and , as a pattern",
        file: file, hint: "partition the features again with another site name")
    }
    let (status, output) = try Subprocess.run(
      [
        "ssh-keygen", "-Y", "verify", "-f", path, "-I", signer, "-n", Self.namespace, "-s",
        "/dev/fd/\(Subprocess.extraDescriptor)",
      ], input: bytes.source(named: file), extra: signature.source(named: file))
    guard status == 0 else {
      throw FedMedError(
        .refused, "is not signed by '\(printable(signer))': \(Subprocess.reason(output))",
        file: file, hint: "\(path) must have a line with that name and the signing key")
    }
    // Good "fedmed" signature for NAME with ED25519 key SHA256:…
    return output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
  }
}

/// A private key that signs files, as `ssh-keygen -Y sign` does.
public struct SigningKey: Sendable {
  private let path: String

  /// Checks that the key can be used without interaction.
  /// - Throws: `noInput` if the key cannot be read; `refused` if it has a passphrase, which nobody
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
        hint: "create a key without one: ssh-keygen -t ed25519 -N '' -f KEY")
    }
  }

  /// The signature of a file's bytes.
  /// - Parameter file: the path.
  /// - Throws: `refused` with the reason given by `ssh-keygen` if signing fails; `noInput` if the
  ///   file or `ssh-keygen` is missing.
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
