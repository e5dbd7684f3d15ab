/// Predictions as an archive, sample by sample.
public enum PredictionArchive {
  /// Reads to the end: numbers must be probabilities, labels classes.
  static func verify(_ reader: ArchiveReader) throws(FedMedError) {
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
    try add("probabilities", predictions.ensemble)
    try add("fam", predictions.fam)
    try add("mlp", predictions.mlp)
    try add("calibrated", predictions.calibrated)
    if let labels = features.labels {
      try writer.add("labels.npy", indices.map { Int32(labels[$0]) })
    }
    var manifest = Manifest(kind: .predictions, tool: tool)
    manifest.method = model.manifest.method
    manifest.round = model.round
    manifest.site = features.site
    manifest.samples = indices.count
    manifest.classes = features.classes
    manifest.parent = model.identity
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
