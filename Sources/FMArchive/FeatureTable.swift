import FMBase

/// Features as text: a row for each sample, with commas or tabs between the numbers, with or without a
/// header. With a header, the columns `sample` and `label` are names; all others must be numbers.
struct FeatureTable {
  package let array: NumPyArray
  /// The columns that are names, where there are such.
  package let columns: [String: [String]]

  /// - Throws: `badData` with the line and column where a cell is missing or is not a number.
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
    // Some programs begin a text with a mark of its encoding.
    if header[0].hasPrefix("\u{FEFF}") { header[0].removeFirst() }
    guard header.count > 1 || !first.contains(";") else {
      throw fault(0, "semicolons between columns, expected commas or tabs")
    }
    // pandas calls columns without names 0, 1, 2 and so on.
    let isCounted = header.count > 1 && header.indices.allSatisfy { header[$0] == "\($0)" }
    let hasHeader = isCounted || header.contains { Double($0) == nil }
    let roles = hasHeader ? Self.roles(header) : header.map { _ in Role.number }
    let names = Dictionary(grouping: roles.indices.filter { roles[$0].name != nil }) {
      roles[$0].name ?? ""
    }
    guard names.values.allSatisfy({ $0.count == 1 }) else {
      throw fault(0, "a column is there twice")
    }
    guard header.count <= Manifest.largestDimension + Self.mostNames else {
      throw fault(0, "\(header.count) columns, at most \(Manifest.largestDimension) features")
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
                "columns other than sample and label must be numbers; all others belong in a table of their own"
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

  /// The columns that are no features.
  private static let mostNames = 3

  /// What a column holds.
  private enum Role: Equatable {
    case number, ignored
    case name(String)

    var name: String? { if case .name(let name) = self { name } else { nil } }
  }

  /// By the header. The index that pandas writes has no name: it names the samples, or where they are
  /// named already, it says nothing, and is no feature.
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

  /// The cells of a line; one in quotes may have separators in it.
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
