import FMArchive
import FMBase
import FMMetrics
import FMNumerics

/// An archive with the predicted probabilities of each sample.
public enum PredictionArchive {
  /// Reads an archive to its end and checks its content.
  /// - Throws: `badData` if a number is not a probability, or a label is not a class.
  package static func verify(_ reader: ArchiveReader) throws(FedMedError) {
    let classes = reader.manifest.classes.count
    while let member = try reader.next() {
      switch member.dtype {
      case .float32:
        guard try reader.floats().allSatisfy({ (0...1).contains($0) }) else {
          throw reader.fault("a probability is not between 0 and 1", member.name)
        }
      case .int32:
        guard try reader.integers().allSatisfy({ $0 >= 0 && $0 < classes }) else {
          throw reader.fault("a label is out of range", member.name)
        }
      default: _ = try reader.text()
      }
    }
  }

  /// Writes an archive of predictions.
  /// - Parameters:
  ///   - predictions: the probabilities of all predictors, one row per sample.
  ///   - features: the features of the site.
  ///   - indices: the positions of the predicted samples in `features`.
  ///   - model: the model that was used.
  ///   - tool: the name and version of the tool, for the manifest.
  ///   - descriptor: the open file to write to.
  ///   - file: its name in messages.
  /// - Throws: `badData` if the model's method or manifest is invalid, `ioError` if writing fails.
  public static func write(
    _ predictions: Predictions, features: FeatureSet, indices: [Int], model: ModelArchive,
    tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    let names = features.names
    try writer.add("samples.txt", lines: indices.map { names[$0] })
    func add(_ name: String, _ matrix: Matrix?) throws(FedMedError) {
      guard let matrix else { return }
      try writer.add(
        Tensor(name: name, shape: [matrix.rows, matrix.columns], values: matrix.elements))
    }
    try add("probabilities", predictions.uncalibrated)
    for part in predictions.parts.dropLast() { try add(part.predictor, part.probabilities) }
    try add("calibrated", predictions.calibrated)
    if let labels = features.labels {
      try writer.add("labels.npy", indices.map { Int32(labels[$0]) })
    }
    let payload = PredictionsPayload(
      scored: try model.scored(), samples: indices.count, site: features.site)
    let manifest = Manifest(tool: tool, classes: features.classes, .predictions(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}

extension ModelArchive {
  /// The description of the model in predictions and reports.
  /// - Throws: `badData` if its method is unknown or has invalid hyper-parameters.
  public func scored() throws(FedMedError) -> Manifest.Scored {
    Manifest.Scored(
      method: run.method, round: round, predictors: try method().predictors,
      epsilon: model?.privacy?.spent, parent: identity)
  }
}
