import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

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

  /// The class texts' features [C, D] in a `.npy` file.
  /// - Throws: `badData` where they are of another shape, or not those that the encoder names.
  public func texts(path: String) throws(FedMedError) -> Matrix {
    let texts = try FeatureImport.text(
      path: path, classes: classes.count, dimension: encoder.dimension)
    let writer = try ArchiveWriter()
    try writer.add(
      Tensor(name: "text", shape: [texts.rows, texts.columns], values: texts.elements))
    guard encoder.text == nil || encoder.text == writer.checksum(of: "text.npy") else {
      throw FedMedError(.badData, "other texts than those of the specification", file: path)
    }
    return texts
  }

  public init(classes: [String], encoder: Manifest.Encoder) {
    self.classes = classes
    self.encoder = encoder
  }
}

/// The first global model of a run, round 0.
public enum GlobalModel {
  /// Writes a model with random numbers of the parameters' seed.
  /// - Parameter texts: the class texts' features [C, D], where they are known.
  public static func write(
    _ specification: RunSpecification, method: String, parameters: HyperParameters,
    texts: Matrix? = nil, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let run = RunPayload(
      method: method, parameters: parameters, encoder: specification.encoder)
    let manifest = Manifest(
      tool: tool, classes: specification.classes, .model(ModelPayload(run: run, round: 0)))
    try manifest.validateValues()
    let writer = try ArchiveWriter()
    let directions = texts.map {
      ClassTexts(features: $0, logitScale: specification.encoder.logitScale)
    }
    try writer.add(run.make(classes: specification.classes.count).start(directions))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
