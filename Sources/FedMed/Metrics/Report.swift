/// What an evaluation found at a site, as a report archive holds it. On the validation split it
/// holds counts alone.
public struct Report: Codable, Equatable, Sendable {
  /// The scores of one way to predict.
  public struct Scores: Codable, Equatable, Sendable {
    public var correct: Int
    public var accuracy: Double?
    public var balancedAccuracy: Double?
    public var macroF1: Double?
    public var macroPrecision: Double?
    public var macroRecall: Double?

    init(_ confusion: ConfusionMatrix, countsOnly: Bool) {
      correct = confusion.correct
      guard !countsOnly, confusion.total > 0 else { return }
      accuracy = confusion.accuracy
      balancedAccuracy = confusion.balancedAccuracy
      macroF1 = confusion.macroF1
      macroPrecision = confusion.macroPrecision
      macroRecall = confusion.macroRecall
    }

    var json: JSON {
      .object([
        "correct": .integer(correct),
        "accuracy": accuracy.map { .number($0) },
        "balancedAccuracy": balancedAccuracy.map { .number($0) },
        "macroF1": macroF1.map { .number($0) },
        "macroPrecision": macroPrecision.map { .number($0) },
        "macroRecall": macroRecall.map { .number($0) },
      ])
    }
  }

  /// The ways to predict, in the order they are shown in.
  public enum Predictor: String, CaseIterable, Sendable {
    case fam, mlp, ensemble
  }

  /// The split's name, or `all`.
  public var split: String
  public var total: Int
  public var fam: Scores?
  public var mlp: Scores?
  public var ensemble: Scores

  /// - Parameter split: nil is all samples.
  public init(
    split: Split?, predictions: Predictions, labels: [Int], classes: Int
  ) {
    func scores(_ probabilities: Matrix) -> Scores {
      let confusion = ConfusionMatrix(
        truth: labels, predicted: Predictions.classes(probabilities), classes: classes)
      return Scores(confusion, countsOnly: split == .validation)
    }
    self.split = split?.rawValue ?? "all"
    total = labels.count
    ensemble = scores(predictions.ensemble)
    if split != .validation {
      fam = scores(predictions.fam)
      mlp = predictions.mlp.map(scores)
    }
  }

  public func scores(of predictor: Predictor) -> Scores? {
    switch predictor {
    case .fam: fam
    case .mlp: mlp
    case .ensemble: ensemble
    }
  }

  public var json: JSON {
    .object([
      "split": .string(split), "total": .integer(total), "fam": fam?.json,
      "mlp": mlp?.json, "ensemble": ensemble.json,
    ])
  }

  /// - Throws: `badData` where the numbers contradict each other.
  func validate(file: String) throws(FedMedError) {
    for predictor in Predictor.allCases {
      guard let scores = scores(of: predictor) else { continue }
      let shares = [
        scores.accuracy, scores.balancedAccuracy, scores.macroF1, scores.macroPrecision,
        scores.macroRecall,
      ]
      let valid =
        (0...max(total, 0)).contains(scores.correct)
        && shares.allSatisfy { $0.map { (0...1).contains($0) } ?? true }
      guard valid else {
        throw FedMedError(
          .badData, "\(predictor.rawValue) has impossible scores", file: file,
          place: "metrics.json")
      }
    }
  }
}

/// A report with what its archive says of where it is from.
public struct SiteReport: Sendable {
  public let manifest: Manifest
  public let report: Report
  public let name: String

  public var site: String { manifest.site ?? "" }
  public var round: Int { manifest.round ?? 0 }

  /// The report at `path`.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.report]))
  }

  init(_ reader: ArchiveReader) throws(FedMedError) {
    manifest = reader.manifest
    name = reader.name
    var json: [UInt8] = []
    while try reader.next() != nil { json = try reader.bytes() }
    do throws(FedMedError) {
      report = try Manifest.decode(json, place: "metrics.json")
    } catch {
      throw error.naming(file: reader.name)
    }
    try report.validate(file: reader.name)
  }

  /// Writes a report archive.
  public static func write(
    _ report: Report, site: String, model: ModelArchive, tool: String, to descriptor: Int32,
    file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add("metrics.json", json: report.json)
    var manifest = Manifest(kind: .report, tool: tool)
    manifest.method = model.manifest.method
    manifest.round = model.round
    manifest.site = site
    manifest.samples = report.total
    manifest.classes = model.manifest.classes
    manifest.parent = model.identity
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
