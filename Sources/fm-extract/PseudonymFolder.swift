import FMCommand
import FMSeries
import FedMed

/// The folder with the key of a site's pseudonyms and the table of whose they are. Only its owner can
/// read it, and nothing in it leaves the site.
struct PseudonymFolder {
  /// The pseudonyms.
  let pseudonyms: Pseudonyms
  private let path: String
  private static let (keyName, tableName, remarksName) = ("key", "identifiers.tsv", "labels.tsv")
  private static let header = ["kind", "pseudonym", "identifier", "accession"]

  /// Opens the folder; it and the key are made at the first use.
  /// - Throws: `cannotCreate` or `ioError` if they cannot be made; `badData` if the key is malformed.
  init(path: String) throws(FedMedError) {
    self.path = path
    // Shards may start at the same time.
    let folder = try PrivateFolder(path: path, isWaiting: true)
    if !folder.has(Self.keyName) {
      let key = try Pseudonyms.newKey()
      try folder.write(Self.keyName, key)
    }
    let file = folder.file(Self.keyName)
    pseudonyms = try Pseudonyms(key: try ByteSource(path: file).text(limit: 1 << 10), file: file)
  }

  /// The path of the table of rows and samples that do not fit each other.
  var remarks: String { "\(path)/\(Self.remarksName)" }

  /// Adds pseudonyms to the table, and replaces the list of what is wrong with the table of labels.
  /// - Throws: `badData` if the table is malformed; `cannotCreate` or `ioError` if it cannot be written.
  func record(
    _ identities: [Pseudonyms.Identity],
    _ remarks: [LabelTable.Remark]?
  ) throws(FedMedError) {
    let folder = try PrivateFolder(path: path, isWaiting: true)
    var rows: Set<[String]> = []
    if folder.has(Self.tableName) {
      let file = folder.file(Self.tableName)
      let table = try Table(
        text: ByteSource(path: file).text(limit: Table.sizeLimit), file: file)
      guard table.header == Self.header else {
        throw FedMedError(.badData, "not a table of pseudonyms", file: file)
      }
      rows = Set(table.rows)
    }
    for own in identities {
      rows.insert([
        own.kind.rawValue, own.pseudonym, Self.cell(own.identifier), Self.cell(own.accession),
      ])
    }
    let sorted = rows.sorted { $0.lexicographicallyPrecedes($1) }
    try folder.write(Self.tableName, Table(header: Self.header, rows: sorted).text)
    guard let remarks else { return }
    try folder.write(
      Self.remarksName,
      Table(
        header: ["line", "key", "remark"],
        rows: remarks.map { [$0.line.map(String.init) ?? "-", Self.cell($0.key), $0.reason] }
      ).text)
  }

  /// A text that fits into a cell.
  private static func cell(_ text: String) -> String {
    String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
  }
}

extension Table {
  fileprivate var text: String { lines.map { "\($0)\n" }.joined() }
}

extension PrivateFolder {
  fileprivate func write(_ name: String, _ text: String) throws(FedMedError) {
    try replace(name) { descriptor, file throws(FedMedError) in
      try Output.writeAll(text, to: descriptor, file: file)
    }
  }
}
