import FMArchive
import FMBase

/// The files that a round's server receives.
extension FederatedRound {
  /// An update, described by its manifest; the arrays are read when needed.
  public struct Update {
    /// The manifest.
    public let manifest: Manifest
    /// The part of the manifest specific to updates.
    public let payload: UpdatePayload
    /// The identity of the archive.
    public let identity: String
    /// The name used in messages.
    public let name: String
    /// The checksum of the file and the fingerprint of the signing key; `nil` if not requested.
    public package(set) var seal: Seal?
    package let open: () throws(FedMedError) -> ArchiveReader

    /// The site, or the region of a sum.
    public var site: String { payload.site }
    /// The number of training samples.
    public var samples: Int { payload.samples }

    /// The site updates it consists of: itself, or the inputs of a sum.
    package var inputs: [Manifest.Input] {
      payload.inputs.isEmpty
        ? [
          Manifest.Input(
            site: site, samples: samples, identity: identity, privacy: payload.privacy)
        ] : payload.inputs
    }

    /// Opens the archive again to read its arrays.
    /// - Throws: `ioError` if the file has been modified.
    package func archive() throws(FedMedError) -> ArchiveReader {
      let reader = try open()
      guard reader.identity == identity else {
        throw FedMedError(.ioError, "the file was modified while being read", file: name)
      }
      return reader
    }
  }

  /// The evidence of a file's content and signer.
  public struct Seal: Sendable {
    /// The SHA-256 of the file, in hexadecimal.
    public let checksum: String
    /// The fingerprint of the signing key; `nil` if signatures are ignored.
    public let signer: String?
  }

  /// A refused file with the reason and its description, as far as it could be read.
  public struct Refusal {
    /// The name used in messages.
    public let name: String
    /// The checksum of the file; `nil` if not requested.
    public let seal: Seal?
    /// The manifest; `nil` if it could not be read.
    public let manifest: Manifest?
    /// The identity of the archive; `nil` if its manifest could not be read.
    public let identity: String?
    /// The reason for the refusal.
    public let error: FedMedError

    /// Creates a refusal.
    public init(
      name: String, seal: Seal? = nil, manifest: Manifest? = nil, identity: String? = nil,
      error: FedMedError
    ) {
      (self.name, self.seal, self.manifest) = (name, seal, manifest)
      (self.identity, self.error) = (identity, error)
    }
  }
}
