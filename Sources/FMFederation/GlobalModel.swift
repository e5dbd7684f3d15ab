import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

/// The classes and the encoder of a run, known before any update. The manifest of a feature archive
/// contains them too, and can be used instead.
public struct RunSpecification: Decodable, Sendable {
  /// The class names [C].
  public var classes: [String]
  /// The encoder that the features come from.
  public var encoder: Manifest.Encoder

  /// Parses a specification, or the manifest of an archive, from JSON text.
  /// - Throws: `badData` if it is malformed.
  public init(json: [UInt8], file: String) throws(FedMedError) {
    do throws(FedMedError) {
      self = try JSON.decode(json, place: "specification", limits: .manifest)
    } catch {
      throw error.naming(file: file)
    }
  }

  /// Reads the class text features [C, D] from a `.npy` file.
  /// - Throws: `badData` if they have another shape or do not match the checksum in the encoder;
  ///   `noInput` if the file cannot be opened; `ioError` if reading fails.
  public func texts(path: String) throws(FedMedError) -> Matrix {
    let texts = try FeatureImport.text(
      path: path, classes: classes.count, dimension: encoder.dimension)
    let writer = try ArchiveWriter()
    try writer.add(
      Tensor(name: "text", shape: [texts.rows, texts.columns], values: texts.elements))
    guard encoder.text == nil || encoder.text == writer.checksum(of: "text.npy") else {
      throw FedMedError(.badData, "class texts differ from those of the specification", file: path)
    }
    return texts
  }

  /// Creates a specification.
  public init(classes: [String], encoder: Manifest.Encoder) {
    self.classes = classes
    self.encoder = encoder
  }
}

/// The initial global model of a run, round 0.
public enum GlobalModel {
  /// Writes an initial model with random weights drawn from the seed in `parameters`.
  /// - Parameters:
  ///   - specification: the classes and the encoder.
  ///   - method: the name of the method.
  ///   - parameters: its hyper-parameters.
  ///   - texts: the class text features [C, D]; `nil` if unknown.
  ///   - tool: the name and version of the tool that writes it.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Throws: `badData` if the method is unknown or a value is invalid; `usage` if the method
  ///   requires class texts; `ioError` if writing fails.
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
