import FMBase
import FMMethods
import FMNumerics

/// A model or an update in memory: a manifest and the arrays that leave a site.
public struct ModelArchive: Sendable {
  public let manifest: Manifest
  public let manifestBytes: [UInt8]
  public let identity: String
  public let tensors: [Tensor]
  /// Exact totals of statistics: of a model that keeps them, or of a sum of several sites; else empty.
  public let totals: [IntegerTensor]
  /// What messages call it.
  public let name: String
  public let run: RunPayload
  public let round: Int
  public let coding: Manifest.Coding

  /// Reads a whole archive of kind model or update, in any codec.
  public init(_ reader: ArchiveReader) throws(FedMedError) {
    switch reader.manifest.payload {
    case .model(let model): (run, round, coding) = (model.run, model.round, model.coding)
    case .update(let update): (run, round, coding) = (update.run, update.round, update.coding)
    default: throw reader.fault("is no model", "manifest.json")
    }
    manifest = reader.manifest
    manifestBytes = reader.manifestBytes
    identity = reader.identity
    name = reader.name
    (tensors, totals) = try reader.arrays()
  }

  /// The global model at `path`.
  public init(model path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.model]))
  }

  /// What a model's manifest says beside that; nil of an update.
  public var model: ModelPayload? {
    guard case .model(let model) = manifest.payload else { return nil }
    return model
  }

  /// The method of its run.
  public func method() throws(FedMedError) -> any FederatedMethod {
    try run.make(classes: manifest.classes.count)
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
    if let difference = run.encoder.difference(from: features.encoder) {
      throw FedMedError(
        .badData,
        "encoder.\(difference.key) \(difference.theirs), the model \(name) has \(difference.ours)",
        file: features.name, hint: difference.advice)
    }
  }
}

extension Manifest.Encoder {
  /// Whether features of both can be mixed: equal, but for checksums that one of them lacks.
  public func fits(_ other: Manifest.Encoder) -> Bool { difference(from: other) == nil }

  /// A key in which two encoders differ, its values, and what can be done about it.
  struct Difference {
    package let key: String
    let ours: String
    package let theirs: String
    let advice: String
  }

  /// The first key in which `other` differs; nil where features of both can be mixed.
  func difference(from other: Manifest.Encoder) -> Difference? {
    func differ(_ key: String, _ a: String?, _ b: String?, _ advice: String) -> Difference? {
      guard let a, let b, a != b else { return nil }
      return Difference(key: key, ours: a, theirs: b, advice: advice)
    }
    return differ(
      "dimension", "\(dimension)", "\(other.dimension)",
      "the features are from another encoder; encode the images with that of the run")
      ?? differ(
        "sha256", sha256, other.sha256,
        "the checkpoints differ; download the one that the others use, and encode again")
      ?? differ(
        "settings", settings, other.settings,
        "config.json, preprocessor_config.json, the way of resizing or the grey window differ; encode again as the others do"
      )
      ?? differ(
        "text", text, other.text,
        "the classes' texts differ; take another site's text.npy")
      ?? differ(
        "name", printable(name), printable(other.name),
        "if the encoder is the same, give it the same name")
      ?? differ(
        "logitScale", "\(logitScale)", "\(other.logitScale)",
        "import the features with the same logit scale")
  }
}

extension ArchiveReader {
  /// All arrays of floats to the end of the archive, in the order of the manifest.
  /// - Throws: `badData` where there are others.
  public func tensors() throws(FedMedError) -> [Tensor] {
    let (tensors, totals) = try arrays()
    if let odd = totals.first { throw fault("not an array of floats", "\(odd.name).npy") }
    return tensors
  }

  /// All arrays to the end of the archive, those of floats and exact totals, each in the order of the manifest.
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
