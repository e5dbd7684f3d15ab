import FMBase

/// A feature table in text form: one row per sample, with commas or tabs as separators and an
/// optional header. If there is a header, the columns `sample` and `label` hold names; all other
/// columns must be numbers.
struct FeatureTable {
  /// The feature matrix [N, D].
  package let array: NumPyArray
  /// The name columns, `sample` and `label`, if present.
  package let columns: [String: [String]]

  /// Reads a table.
  /// - Throws: `badData` with the line and column if a cell is missing or is not a number;
  ///   `ioError` if reading fails.
  init(_ source: ByteSource) throws(FedMedError) {
    let text = try source.text(limit: Table.sizeLimit)
    try Table.checkSize(text, file: source.name)
    var lines = Table.lines(text)
    func fault(_ line: Int, _ reason: String, hint: String? = nil) -> FedMedError {
      FedMedError(
        .badData, reason, file: source.name, place: "line \(line + 1)", hint: hint)
    }
    while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    guard let first = lines.first else { throw fault(0, "no features") }
    let separator = DelimitedText.separator(header: first.utf8)
    var header = Self.cells(first, separator).map { String($0) }
    // Some programs write a byte order mark first.
    if header[0].hasPrefix("\u{FEFF}") { header[0].removeFirst() }
    guard header.count > 1 || !first.contains(";") else {
      throw fault(0, "semicolons between columns, expected commas or tabs")
    }
    // pandas names columns 0, 1, 2, … if they have no names.
    let isCounted = header.count > 1 && header.indices.allSatisfy { header[$0] == "\($0)" }
    let hasHeader = isCounted || header.contains { Double($0) == nil }
    let roles = hasHeader ? Self.roles(header) : header.map { _ in Role.number }
    let names = Dictionary(grouping: roles.indices.filter { roles[$0].name != nil }) {
      roles[$0].name ?? ""
    }
    guard names.values.allSatisfy({ $0.count == 1 }) else {
      throw fault(0, "duplicate column sample or label")
    }
    guard header.count <= Manifest.largestDimension + Self.maximumNameColumns else {
      throw fault(
        0, "\(header.count) columns, must be at most \(Manifest.largestDimension) features")
    }
    var texts: [String: [String]] = names.mapValues { _ in [] }
    var values: [Float] = []
    values.reserveCapacity(header.count * lines.count)
    for (index, line) in lines.enumerated().dropFirst(hasHeader ? 1 : 0) {
      let cells = Self.cells(line, separator)
      guard cells.count == header.count else {
        throw fault(index, "\(cells.count) cells, expected \(header.count)")
      }
      for (column, cell) in cells.enumerated() {
        switch roles[column] {
        case .ignored: break
        case .name(let name): texts[name]?.append(String(cell))
        case .number:
          guard let value = Double(cell) else {
            let title = hasHeader ? "column '\(printable(header[column]))'" : "column \(column + 1)"
            throw fault(
              index,
              cell.isEmpty
                ? "\(title) is empty" : "\(title): '\(printable(String(cell)))' is not a number",
              hint:
                "columns other than sample and label must be numbers; put all others in a separate "
                + "table"
            )
          }
          values.append(Float(value))
        }
      }
    }
    let count = lines.count - (hasHeader ? 1 : 0)
    guard count > 0 else { throw fault(0, "a header, but no samples") }
    let width = roles.count { $0 == .number }
    array = NumPyArray(floats: values, shape: [count, width], name: source.name)
    columns = texts
  }

  /// The most columns besides the features: sample, label and an index.
  private static let maximumNameColumns = 3

  /// The content of a column.
  private enum Role: Equatable {
    case number, ignored
    case name(String)

    var name: String? { if case .name(let name) = self { name } else { nil } }
  }

  /// The roles given by the header. The index column that pandas writes has no name: it names the
  /// samples, or is ignored if another column does.
  private static func roles(_ header: [String]) -> [Role] {
    let titles = header.map { $0.lowercased() }
    return titles.map { title in
      switch title {
      case "sample", "label": .name(title)
      case "", "unnamed: 0": titles.contains("sample") ? .ignored : .name("sample")
      default: .number
      }
    }
  }

  /// The cells of a line; a quoted cell may contain separators.
  private static func cells(_ line: Substring, _ separator: UInt8) -> [Substring] {
    guard line.utf8.contains(UInt8(ascii: "\"")) else {
      return line.utf8.split(separator: separator, omittingEmptySubsequences: false).map {
        Substring($0)
      }
    }
    return DelimitedText.quotedCells(line.utf8, separator: separator).map {
      Substring(decoding: $0, as: UTF8.self)
    }
  }
}
