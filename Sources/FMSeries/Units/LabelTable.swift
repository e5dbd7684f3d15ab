import FMBase

/// Classes from a table that other software exported: one row per accession number, study or file.
public struct LabelTable: Sendable {
  /// What a row is about.
  public enum Key: String, CaseIterable, Sendable {
    case accession, study, path
  }

  /// A row that gives no sample its class, or a sample without a row.
  public struct Remark: Sendable {
    /// The line of the table; `nil` for a sample.
    public let line: Int?
    /// The key of the row or the sample.
    public let key: String
    /// What is wrong with it.
    public let reason: String
  }

  private struct Row {
    let line: Int
    let label: String
    var isUsed = false
  }

  /// The rows of each key.
  private var rows: [String: [Row]] = [:]
  private let key: Key
  private var missing: [Remark] = []

  /// Reads a table in CSV, with commas or semicolons, or in TSV; its cells may be quoted.
  /// - Parameters:
  ///   - column: the column with the key; its name by default.
  ///   - label: the column with the class.
  /// - Throws: `badData` if it is malformed or lacks a column.
  public init(
    text: String, key: Key, column: String? = nil, label: String, file: String
  ) throws(FedMedError) {
    self.key = key
    let lines = try DelimitedText.rows(text, file: file)
    guard let header = lines.first?.cells.map(Self.trimmed) else {
      throw FedMedError(.badData, "no header", file: file)
    }
    func place(_ name: String) throws(FedMedError) -> Int {
      guard let index = header.firstIndex(of: name) else {
        throw FedMedError(
          .badData, "no column '\(printable(name))'", file: file,
          hint: "the columns are \(printable(header.joined(separator: ", ")))")
      }
      return index
    }
    let (keys, labels) = (try place(column ?? key.rawValue), try place(label))
    for (line, cells) in lines.dropFirst() {
      // Some programs leave out empty cells at the end.
      guard cells.count <= header.count else {
        throw FedMedError(
          .badData, "\(cells.count) cells, expected \(header.count)", file: file,
          place: "line \(line)")
      }
      func cell(_ place: Int) -> String {
        place < cells.count ? Self.trimmed(cells[place]) : ""
      }
      let name = key == .path ? Self.path(cell(keys)) : cell(keys)
      rows[name, default: []].append(Row(line: line, label: cell(labels)))
    }
  }

  /// A path with slashes, without empty parts and dots.
  private static func path(_ text: String) -> String {
    text.split { $0 == "/" || $0 == "\\" }.filter { $0 != "." }.joined(separator: "/")
  }

  private static func trimmed(_ text: String) -> String {
    let isBlank = { (character: Character) in character.isWhitespace }
    return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  /// The class of a sample; `nil` if the table does not give it exactly one.
  mutating func label(of sample: SeriesSample) -> String? {
    let keys =
      switch key {
      case .accession: Set(sample.files.compactMap(\.accession))
      case .study: Set(sample.files.map(\.study))
      case .path: sample.paths
      }
    var labels: Set<String> = []
    for key in keys {
      for index in rows[key]?.indices ?? 0..<0 {
        rows[key]?[index].isUsed = true
        labels.insert(rows[key]?[index].label ?? "")
      }
    }
    labels.remove("")
    if labels.count == 1 { return labels.first }
    missing.append(
      Remark(
        line: nil, key: keys.min() ?? sample.files[0].name,
        reason: labels.isEmpty ? "no row with a class" : "rows with different classes"))
    return nil
  }

  /// Rows that match no sample, repeat another row or lack a class, in their order; then samples without
  /// a class. Complete after all samples have got theirs.
  public var remarks: [Remark] {
    var found: [Remark] = []
    for (key, own) in rows {
      for (index, row) in own.enumerated() {
        let reason: String? =
          if !row.isUsed {
            "matches nothing"
          } else if row.label.isEmpty {
            "no class"
          } else if own[..<index].contains(where: { $0.label == row.label }) {
            "repeats a row"
          } else if own[..<index].contains(where: { !$0.label.isEmpty }) {
            "has another class than an earlier row"
          } else {
            nil
          }
        if let reason { found.append(Remark(line: row.line, key: key, reason: reason)) }
      }
    }
    return found.sorted { ($0.line ?? 0) < ($1.line ?? 0) } + missing
  }
}
