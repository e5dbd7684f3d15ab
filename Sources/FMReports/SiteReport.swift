import FMArchive
import FMBase
import FMMetrics
import FMNumerics

/// A report with what its archive says of where it is from.
public struct SiteReport: Sendable {
  public let manifest: Manifest
  public let scored: Manifest.Scored
  public let site: String
  public let report: Report
  public let name: String
  public let identity: String

  public var round: Int { scored.round }

  /// The report at `path`.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.report]))
  }

  package init(_ reader: ArchiveReader) throws(FedMedError) {
    guard case .report(let payload) = reader.manifest.payload else {
      throw reader.fault("is no report", "manifest.json")
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
