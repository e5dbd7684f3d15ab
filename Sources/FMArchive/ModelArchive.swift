import FMBase
import FMMethods
import FMNumerics

/// A model or an update in memory: the manifest and the arrays.
public struct ModelArchive: Sendable {
  /// The manifest.
  public let manifest: Manifest
  /// The bytes of `manifest.json`, exactly as stored in the archive.
  public let manifestBytes: [UInt8]
  /// The SHA-256 of `manifest.json`, which identifies the archive.
  public let identity: String
  /// The float arrays, in the order of the manifest.
  public let tensors: [Tensor]
  /// The exact totals of statistics: of a model that keeps them, or of a sum of several sites;
  /// otherwise empty.
  public let totals: [IntegerTensor]
  /// The name used in messages.
  public let name: String
  /// The run: its method, hyper-parameters and encoder.
  public let run: RunPayload
  /// The round, from 0.
  public let round: Int
  /// The codec of the stored arrays.
  public let coding: Manifest.Coding

  /// Reads a whole archive of kind model or update, in any codec.
  /// - Throws: `badData` if it is malformed or of another kind, `ioError` if reading fails.
  public init(_ reader: ArchiveReader) throws(FedMedError) {
    switch reader.manifest.payload {
    case .model(let model): (run, round, coding) = (model.run, model.round, model.coding)
    case .update(let update): (run, round, coding) = (update.run, update.round, update.coding)
    default: throw reader.fault("not a model or an update", "manifest.json")
    }
    manifest = reader.manifest
    manifestBytes = reader.manifestBytes
    identity = reader.identity
    name = reader.name
    (tensors, totals) = try reader.arrays()
  }

  /// Reads the global model at `path`.
  /// - Throws: `noInput` if the file cannot be opened, `badData` if it is malformed or not a model,
  ///   `ioError` if reading fails.
  public init(model path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.model]))
  }

  /// The part of the manifest specific to models; `nil` for an update.
  public var model: ModelPayload? {
    guard case .model(let model) = manifest.payload else { return nil }
    return model
  }

  /// The method of its run.
  /// - Throws: `badData` if the method or one of its hyper-parameters is unknown.
  public func method() throws(FedMedError) -> any FederatedMethod {
    try run.make(classes: manifest.classes.count)
  }

  /// Checks that `features` have the same classes and the same encoder as the model.
  /// - Throws: `badData` if they do not.
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
    if let difference = run.encoder.difference(from: features.encoder) {
      throw FedMedError(
        .badData,
        "encoder.\(difference.key) \(difference.theirs), the model \(name) has \(difference.ours)",
        file: features.name, hint: difference.advice)
    }
  }
}

extension Manifest.Encoder {
  /// Whether features from both encoders can be mixed: all values are equal, except for those missing
  /// in one of them.
  public func fits(_ other: Manifest.Encoder) -> Bool { difference(from: other) == nil }

  /// A key in which two encoders differ, with both values and advice for the user.
  struct Difference {
    package let key: String
    let ours: String
    package let theirs: String
    let advice: String
  }

  /// The first key in which `other` differs; `nil` if features from both can be mixed.
  func difference(from other: Manifest.Encoder) -> Difference? {
    func differ(_ key: String, _ a: String?, _ b: String?, _ advice: String) -> Difference? {
      guard let a, let b, a != b else { return nil }
      return Difference(key: key, ours: a, theirs: b, advice: advice)
    }
    return differ(
      "pool", pool, other.pool,
      "encode again with the pooling of the other sites")
      ?? differ(
        "layer", pool.map { _ in layer.map(String.init) ?? "last" },
        other.pool.map { _ in other.layer.map(String.init) ?? "last" },
        "encode again with the layer of the other sites")
      ?? differ(
        "dimension", "\(dimension)", "\(other.dimension)",
        "the features are from another encoder; encode the images with the encoder of the run")
      ?? differ(
        "sha256", sha256, other.sha256,
        "the checkpoints differ; download the one that the other sites use, and encode again")
      ?? differ(
        "precision", precision == Self.anyPrecision ? nil : precision,
        other.precision == Self.anyPrecision ? nil : other.precision,
        "encode again with the precision of the other sites, or start a run that mixes them")
      ?? differ(
        "settings", settings, other.settings,
        "config.json, preprocessor_config.json, the resizing or the gray window differ; "
          + "encode again with the settings of the other sites"
      )
      ?? differ(
        "text", text, other.text,
        "the class texts differ; use the text.npy of another site")
      ?? differ(
        "name", printable(name), printable(other.name),
        "if the encoder is the same, give it the same name")
      ?? differ(
        "logitScale", "\(logitScale)", "\(other.logitScale)",
        "import the features with the same logit scale")
  }
}

extension ArchiveReader {
  /// The float arrays in the rest of the archive, in the order of the manifest.
  /// - Throws: `badData` if it is malformed or has arrays of another type; `ioError` if reading
  ///   fails.
  public func tensors() throws(FedMedError) -> [Tensor] {
    let (tensors, totals) = try arrays()
    if let odd = totals.first { throw fault("not an array of floats", "\(odd.name).npy") }
    return tensors
  }

  /// The arrays in the rest of the archive: float arrays and exact totals, each in the order of the
  /// manifest.
  /// - Throws: `badData` if the archive is malformed, `ioError` if reading fails.
  public func arrays() throws(FedMedError) -> (tensors: [Tensor], totals: [IntegerTensor]) {
    var read: [String: Tensor] = [:]
    var totals: [String: IntegerTensor] = [:]
    while let member = try next() {
      let name = String(member.name.dropLast(".npy".count))
      if member.dtype == .int64 {
        totals[member.name] = IntegerTensor(
          name: name, shape: member.shape, values: try self.totals())
      } else {
        read[member.name] = Tensor(name: name, shape: member.shape, values: try floats())
      }
    }
    return (
      manifest.members.compactMap { read[$0.name] }, manifest.members.compactMap { totals[$0.name] }
    )
  }
}

extension ArchiveWriter {
  /// Adds arrays in the given order, with `prefix` before each name.
  /// - Throws: `badData` if a value is not finite or overflows half precision; `ioError` if the
  ///   temporary file cannot be written.
  public func add(
    _ tensors: [Tensor], prefix: String = "", as type: ElementType = .float32
  ) throws(FedMedError) {
    for var tensor in tensors {
      tensor.name = prefix + tensor.name
      try add(tensor, as: type)
    }
  }
}
