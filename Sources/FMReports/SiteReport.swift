import FMArchive
import FMBase
import FMMetrics
import FMNumerics

/// A site's report on a model, read from an archive.
public struct SiteReport: Sendable {
  /// The manifest of the archive.
  public let manifest: Manifest
  /// The model that the report is on.
  public let scored: Manifest.Scored
  /// The name of the site.
  public let site: String
  /// The scores.
  public let report: Report
  /// The name of the file, for messages.
  public let name: String
  /// The identity of the archive.
  public let identity: String

  /// The round of the model.
  public var round: Int { scored.round }

  /// Reads a report.
  /// - Parameter path: the path of the archive; `-` is standard input.
  /// - Throws: `noInput` if it cannot be read, `badData` if it is malformed or not a report.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.report]))
  }

  package init(_ reader: ArchiveReader) throws(FedMedError) {
    guard case .report(let payload) = reader.manifest.payload else {
      throw reader.fault("not a report", "manifest.json")
    }
    manifest = reader.manifest
    (scored, site) = (payload.scored, payload.site)
    (name, identity) = (reader.name, reader.identity)
    var (json, draws): ([UInt8], [Float]) = ([], [])
    while let member = try reader.next() {
      if member.name == "draws.npy" {
        draws = try reader.floats()
      } else {
        json = try reader.bytes()
      }
    }
    var report: Report
    do throws(FedMedError) {
      report = try JSON.decodeExactly(json, place: "metrics.json", limits: .report) {
        (report: Report) in report.json
      }
      try report.setPredictors(scored.predictors)
    } catch {
      throw error.naming(file: reader.name)
    }
    try report.validate(classes: manifest.classes.count, file: reader.name)
    if let description = payload.draws {
      report.draws = try ScoreDraws(description, draws, of: report, file: reader.name)
    }
    self.report = report
  }

  /// Writes a report archive.
  /// - Parameters:
  ///   - report: the scores.
  ///   - site: the name of the site.
  ///   - model: the model that the report is on.
  ///   - tool: the name and version of the tool, for the manifest.
  ///   - descriptor: the open file to write to.
  ///   - file: its name in messages.
  /// - Throws: `badData` if the model's method or manifest is invalid, `ioError` if writing fails.
  public static func write(
    _ report: Report, site: String, model: ModelArchive, tool: String, to descriptor: Int32,
    file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add("metrics.json", json: report.json)
    if let draws = report.draws {
      try writer.add(Tensor(name: "draws", shape: draws.description.shape, values: draws.values))
    }
    var scored = try model.scored()
    let baselines = report.predictors.prefix { !scored.predictors.contains($0) }
    scored.predictors = baselines + scored.predictors
    let payload = ReportPayload(
      scored: scored, samples: report.total, site: site, draws: report.draws?.description)
    let manifest = Manifest(tool: tool, classes: model.manifest.classes, .report(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}

extension ScoreDraws {
  /// The description of the draws in a manifest.
  fileprivate var description: Manifest.Draws {
    Manifest.Draws(
      count: count, units: units, group: group, samples: samples, predictors: predictors,
      scores: Self.scores.map(\.rawValue))
  }

  /// Checks and stores the draws of a report.
  /// - Throws: `badData` if they are not scores of the report's predictors.
  fileprivate init(
    _ description: Manifest.Draws, _ values: [Float], of report: Report, file: String
  ) throws(FedMedError) {
    self.init(
      samples: description.samples, count: description.count, units: description.units,
      group: description.group, predictors: description.predictors, values: values)
    guard description.scores == Self.scores.map(\.rawValue),
      description.predictors == report.predictors.filter({ report.scores[$0] != nil }),
      description.units
        >= Self.fewestUnits(minimum: report.minimum, areGroups: description.group != nil), isValid
    else {
      throw FedMedError(
        .badData, "not draws of the report's scores", file: file, place: "draws.npy")
    }
  }
}
