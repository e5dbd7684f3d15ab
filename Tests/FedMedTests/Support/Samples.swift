@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics

/// Small random data: `count` samples of three classes with 8 features each, in half precision.
func smallFeatures(
  site: String? = "a", count: Int = 60, seed: UInt64 = 1, labeled: Bool = true
) throws -> FeatureSet {
  var random = RandomStream(seed: seed, purpose: .partition)
  let classes = ["one", "two", "three"]
  let labels = (0..<count).map { $0 % 3 }
  var values: [Float] = []
  for label in labels {
    for j in 0..<8 { values.append(Float(random.normal() * 0.5 + (j == label ? 2 : 0))) }
  }
  var set = FeatureSet(
    classes: classes,
    encoder: Manifest.Encoder(name: "made up", dimension: 8, logitScale: 100),
    rows: FeatureRows(
      try ElementCoding.encode(values, as: .float16), as: .float16, dimension: 8),
    labels: labeled ? labels : nil, text: randomMatrix(3, 8, seed: 9),
    table: Table(
      header: ["sample", "label", "patient"],
      rows: labels.indices.map { ["s\($0)", classes[labels[$0]], "p\($0 / 2)"] }),
    name: "made up")
  set.site = site
  set.split = labels.indices.map { $0 % 5 < 3 ? .train : ($0 % 5 == 3 ? .validation : .test) }
  return set
}

extension FeatureSet {
  /// Writes the set to an archive and reads it back.
  func archived(_ folder: TemporaryFolder, _ name: String = "features.tar") throws -> FeatureSet {
    let path = try folder.create(name) { descriptor, file throws(FedMedError) in
      try write(tool: "test 1", to: descriptor, file: file)
    }
    return try FeatureSet(ArchiveReader(path: path, kinds: [.features]))
  }
}

/// The initial model for `features`, with small hyper-parameters.
func smallModel(
  _ folder: TemporaryFolder, like features: FeatureSet, seed: UInt64 = 1,
  method: MethodDefinition = .fedmedclip, given: [String: HyperParameterScalar] = [:],
  _ change: (inout HyperParameters) -> Void = { _ in }
) throws -> ModelArchive {
  var parameters = try method.values(given: given)
  parameters[TrainingParameters.seed] = Int(seed)
  parameters[TrainingParameters.batchSize] = 8
  parameters[FedMedCLIP.hidden] = 6
  change(&parameters)
  let path = try folder.create("model0.tar") { descriptor, file throws(FedMedError) in
    try GlobalModel.write(
      RunSpecification(classes: features.classes, encoder: features.encoder),
      method: method.name, parameters: parameters, texts: features.text, tool: "test 1",
      to: descriptor, file: file)
  }
  return try ModelArchive(model: path)
}

extension Manifest {
  /// The payload of an update, for changes.
  var update: UpdatePayload {
    get {
      guard case .update(let update) = payload else { preconditionFailure("no update") }
      return update
    }
    set { payload = .update(newValue) }
  }
}

extension Predictions {
  /// The predictors of FedMedCLIP.
  init(fam: Matrix, mlp: Matrix?, ensemble: Matrix) {
    self.init(
      [Part("fam", fam)] + (mlp.map { [Part("mlp", $0)] } ?? []) + [Part("ensemble", ensemble)])
  }
}

extension Report {
  /// Reads a report of FedMedCLIP's predictors from text.
  static func read(_ text: String) throws -> Report {
    var report: Report = try JSON.decodeExactly(
      Array(text.utf8), place: "metrics.json", limits: .report
    ) { (report: Report) in report.json }
    try report.setPredictors(Version1.predictors)
    return report
  }
}

/// The error that `body` throws; `nil` if it throws none.
func failure(_ body: () throws -> Void) -> FedMedError? {
  do {
    try body()
    return nil
  } catch {
    return error as? FedMedError
  }
}
