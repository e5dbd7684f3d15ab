/// A model or an update in memory: a manifest and the arrays that leave a site.
public struct ModelArchive: Sendable {
  public let manifest: Manifest
  public let manifestBytes: [UInt8]
  public let identity: String
  public let tensors: [Tensor]
  /// What messages call it.
  public let name: String

  /// Reads a whole archive of kind model or update, in any codec.
  public init(_ reader: ArchiveReader) throws(FedMedError) {
    manifest = reader.manifest
    manifestBytes = reader.manifestBytes
    identity = reader.identity
    name = reader.name
    tensors = try reader.tensors()
  }

  /// The global model at `path`.
  public init(model path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.model]))
  }

  // The rules of a manifest promise the following for both kinds.
  public var round: Int { manifest.round ?? 0 }
  public var parameters: HyperParameters { manifest.parameters ?? HyperParameters() }

  public func featureAdaptation() throws(FedMedError) -> FeatureAdaptation {
    do throws(FedMedError) {
      return try FeatureAdaptation(
        dimension: manifest.encoder?.dimension ?? 0, tensors: TensorTable(tensors))
    } catch {
      throw error.naming(file: name)
    }
  }

  /// - Throws: `badData` where the features are of other classes or of another encoder.
  public func requireFit(_ features: FeatureSet) throws(FedMedError) {
    func fault(_ what: String, _ theirs: String, _ ours: String) -> FedMedError {
      FedMedError(
        .badData, "\(what) \(theirs), the model \(name) has \(ours)", file: features.name)
    }
    guard features.classes == manifest.classes else {
      throw fault(
        "classes", features.classes.joined(separator: ", "),
        manifest.classes.joined(separator: ", "))
    }
    guard let encoder = manifest.encoder, encoder.fits(features.encoder) else {
      throw fault(
        "encoder", features.encoder.json.line, manifest.encoder?.json.line ?? "none")
    }
  }
}

extension Manifest.Encoder {
  /// Whether features of both can be mixed: equal, but for checksums that one of them lacks.
  public func fits(_ other: Manifest.Encoder) -> Bool {
    func agree(_ a: String?, _ b: String?) -> Bool { a == nil || b == nil || a == b }
    return name == other.name && dimension == other.dimension && logitScale == other.logitScale
      && agree(sha256, other.sha256) && agree(settings, other.settings)
      && agree(text, other.text)
  }
}

extension ArchiveReader {
  /// All arrays of floats to the end of the archive, in the order of the manifest.
  public func tensors() throws(FedMedError) -> [Tensor] {
    var read: [String: Tensor] = [:]
    while let member = try next() {
      let name = String(member.name.dropLast(".npy".count))
      read[member.name] = Tensor(name: name, shape: member.shape, values: try floats())
    }
    return manifest.members.compactMap { read[$0.name] }
  }
}

extension ArchiveWriter {
  /// Adds arrays in their order.
  public func add(
    _ tensors: [Tensor], prefix: String = "", as type: ElementType = .float32
  ) throws(FedMedError) {
    for var tensor in tensors {
      tensor.name = prefix + tensor.name
      try add(tensor, as: type)
    }
  }
}
