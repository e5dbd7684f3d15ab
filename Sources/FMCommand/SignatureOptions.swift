import ArgumentParser
import FedMed

/// The option for verifying signatures.
public struct SignatureOptions: ParsableArguments {
  /// The path of ssh-keygen's file of allowed signers; `nil` if signatures are ignored.
  @Option(
    help: ArgumentHelp(
      "Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).",
      valueName: "file"),
    completion: .file())
  public var allowedSigners: String?

  /// Creates the default options.
  public init() {}

  /// Reads the allowed signers; `nil` if signatures are ignored.
  /// - Throws: `noInput` if the file cannot be read, `badData` if a name in it is a pattern.
  public func allowed() throws(FedMedError) -> AllowedSigners? {
    try allowedSigners.map { path throws(FedMedError) in try AllowedSigners(path: path) }
  }
}

/// The option for signing an archive.
public struct SigningOptions: ParsableArguments {
  /// The path of the ssh key; `nil` if nothing is signed.
  @Option(
    help: ArgumentHelp(
      "Sign the archive with this ssh key, in a file of the same name with .sig appended.",
      valueName: "key"), completion: .file())
  public var sign: String?

  /// Creates the default options.
  public init() {}

  /// Reads the key; `nil` if nothing is signed.
  /// - Throws: `noInput` if the key cannot be read, `refused` if it has a passphrase.
  public func key() throws(FedMedError) -> SigningKey? {
    try sign.map { path throws(FedMedError) in try SigningKey(path: path) }
  }
}

/// The options for verifying that one given signer signed a file.
public struct SignerOptions: ParsableArguments {
  /// The allowed signers.
  @OptionGroup public var signatures: SignatureOptions

  /// The name of the required signer; `nil` if it is the default.
  @Option(help: "With --allowed-signers: the required signer (server).")
  public var signer: String?

  /// Creates the default options.
  public init() {}

  /// Checks that the options can be combined.
  /// - Throws: a validation error if a signer is given without allowed signers.
  public mutating func validate() throws {
    if signer != nil && signatures.allowedSigners == nil {
      throw ValidationError("--signer requires --allowed-signers")
    }
  }

  /// Whether signatures are verified.
  public var isGiven: Bool { signatures.allowedSigners != nil }
  /// The name of the required signer.
  public var name: String { signer ?? "server" }
}
