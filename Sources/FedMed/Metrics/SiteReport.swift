/// A report with what its archive says of where it is from.
public struct SiteReport: Sendable {
  public let manifest: Manifest
  public let report: Report
  public let name: String
  public let identity: String

  public var site: String { manifest.site ?? "" }
  public var round: Int { manifest.round ?? 0 }

  /// The report at `path`.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.report]))
  }

  init(_ reader: ArchiveReader) throws(FedMedError) {
    manifest = reader.manifest
    (name, identity) = (reader.name, reader.identity)
    var json: [UInt8] = []
    while try reader.next() != nil { json = try reader.bytes() }
    do throws(FedMedError) {
      report = try JSON.decodeExactly(json, place: "metrics.json", limits: .report) {
        (report: Report) in report.json
      }
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
