import ArgumentParser
import FedMed

/// Who may sign.
public struct SignatureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take only what is signed by whom it is from, by ssh-keygen's file of allowed signers.",
      valueName: "file"),
    completion: .file())
  public var allowedSigners: String?

  public init() {}

  public func allowed() throws(FedMedError) -> AllowedSigners? {
    try allowedSigners.map { path throws(FedMedError) in try AllowedSigners(path: path) }
  }
}

/// By whom an archive is signed.
public struct SigningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Sign what is written with this ssh key, into a file of its name with .sig.",
      valueName: "key"), completion: .file())
  public var sign: String?

  public init() {}

  public func key() throws(FedMedError) -> SigningKey? {
    try sign.map { path throws(FedMedError) in try SigningKey(path: path) }
  }
}

/// Whose signature a file must have.
public struct SignerOptions: ParsableArguments {
  @OptionGroup public var signatures: SignatureOptions

  @Option(help: "With --allowed-signers: who must have signed it (server).")
  public var signer: String?

  public init() {}

  public mutating func validate() throws {
    if signer != nil && signatures.allowedSigners == nil {
      throw ValidationError("--signer goes with --allowed-signers")
    }
  }

  public var isGiven: Bool { signatures.allowedSigners != nil }
  /// Who it must be.
  public var name: String { signer ?? "server" }
}
