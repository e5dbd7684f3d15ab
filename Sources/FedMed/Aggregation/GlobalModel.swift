/// What a run is about, known before any update: its classes and its encoder. The manifest of a
/// feature archive says it too, and can be given instead.
public struct RunSpecification: Decodable, Sendable {
  public var classes: [String]
  public var encoder: Manifest.Encoder

  /// Reads a specification, or the manifest of an archive, from JSON text.
  public init(json: [UInt8], file: String) throws(FedMedError) {
    do throws(FedMedError) {
      self = try JSON.decode(json, place: "specification", limits: .manifest)
    } catch {
      throw error.naming(file: file)
    }
  }

  public init(classes: [String], encoder: Manifest.Encoder) {
    self.classes = classes
    self.encoder = encoder
  }
}

/// The first global model of a run, round 0.
public enum GlobalModel {
  /// Writes a model with random numbers of the parameters' seed.
  public static func write(
    _ specification: RunSpecification, parameters: HyperParameters, tool: String,
    to descriptor: Int32, file: String
  ) throws(FedMedError) {
    var manifest = Manifest(kind: .model, tool: tool)
    manifest.method = Method.fedmedclip.rawValue
    manifest.round = 0
    manifest.classes = specification.classes
    manifest.encoder = specification.encoder
    manifest.parameters = parameters
    try manifest.validateValues()
    var random = RandomStream(seed: parameters.seed, purpose: .featureAdaptation)
    let fam = FeatureAdaptation(dimension: specification.encoder.dimension, random: &random)
    let writer = try ArchiveWriter()
    try writer.add(fam.tensors())
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
