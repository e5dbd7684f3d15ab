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
    var json: [UInt8] = []
    while try reader.next() != nil { json = try reader.bytes() }
    do throws(FedMedError) {
      var report: Report = try JSON.decodeExactly(json, place: "metrics.json", limits: .report) {
        (report: Report) in report.json
      }
      try report.setPredictors(scored.predictors)
      self.report = report
    } catch {
      throw error.naming(file: reader.name)
    }
    try report.validate(classes: manifest.classes.count, file: reader.name)
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
    var scored = try model.scored()
    if report.predictors.first == Report.alone && scored.predictors.first != Report.alone {
      scored.predictors.insert(Report.alone, at: 0)
    }
    let payload = ReportPayload(
      scored: scored, samples: report.total, site: site)
    let manifest = Manifest(tool: tool, classes: model.manifest.classes, .report(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
