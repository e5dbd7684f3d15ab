import FMBase

/// A table of samples: tab-separated text with a header line.
public struct Table: Equatable, Sendable {
  /// The largest size of a table's text: 1 GiB.
  public static let sizeLimit = 1 << 30

  /// The column names.
  public private(set) var header: [String]
  /// The cells, row by row, in the order of the header.
  public private(set) var rows: [[String]]

  /// Creates a table.
  /// - Precondition: every row has as many cells as the header.
  public init(header: [String], rows: [[String]]) {
    self.header = header
    self.rows = rows
  }

  /// Parses the text of a table.
  /// - Parameters:
  ///   - file: the file name in messages.
  ///   - place: the member name in messages, if the text is part of an archive.
  /// - Throws: `badData` with the line if a row has too few or too many cells, or a column name is
  ///   empty, invalid or duplicate.
  public init(text: String, file: String, place: String? = nil) throws(FedMedError) {
    try Self.checkSize(text, file: file)
    var lines = Self.lines(text)[...]
    func fault(_ line: Int, _ reason: String) -> FedMedError {
      let spot = [place, "line \(line)"].compactMap { $0 }.joined(separator: ": ")
      return FedMedError(.badData, reason, file: file, place: spot)
    }
    func cells(_ line: Substring) -> [String] {
      line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
    }
    guard let first = lines.popFirst() else { throw fault(1, "no header") }
    // Some programs write a byte order mark first.
    header = cells(first.hasPrefix("\u{FEFF}") ? first.dropFirst() : first)
    guard header.count > 1 || !first.contains(",") else {
      throw fault(1, "a single column that contains commas, expected tabs between columns")
    }
    var seen: Set<String> = []
    for name in header {
      guard Name.isValid(name) else {
        throw fault(1, "missing or invalid column name")
      }
      guard seen.insert(name).inserted else { throw fault(1, "duplicate column '\(name)'") }
    }
    rows = []
    rows.reserveCapacity(lines.count)
    for (index, line) in lines.enumerated() {
      let row = cells(line)
      guard row.count == header.count else {
        throw fault(index + 2, "\(row.count) cells, expected \(header.count)")
      }
      rows.append(row)
    }
  }

  /// The most lines and the most columns of a table.
  package static let largest = (lines: 1 << 22, columns: 1 << 13)

  /// Checks the number of lines and columns before memory is allocated for each of them.
  /// - Throws: `badData` if there are too many.
  package static func checkSize(_ text: String, file: String) throws(FedMedError) {
    var (lines, separators) = (0, 0)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): (lines, separators) = (lines + 1, 0)
      case UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: ";"): separators += 1
      default: break
      }
      guard lines <= largest.lines, separators <= largest.columns else {
        throw FedMedError(
          .badData, "more than \(largest.lines) lines or \(largest.columns) columns", file: file)
      }
    }
  }

  /// The lines of a text, with LF or CRLF line ends, and with or without a newline at the end.
  /// Splits bytes, because CRLF is a single character.
  public static func lines(_ text: String) -> [Substring] {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) }
  }

  /// The lines of the table's text, header first.
  public var lines: [String] { ([header] + rows).map { $0.joined(separator: "\t") } }

  /// The values of a column, one per row.
  /// - Throws: `badData` if there is no such column.
  public func column(_ name: String) throws(FedMedError) -> [String] {
    guard let index = header.firstIndex(of: name) else {
      throw FedMedError(
        .badData, "no column '\(printable(name))'",
        hint: "the columns are \(header.joined(separator: ", "))")
    }
    return rows.map { $0[index] }
  }

  /// Replaces the column of that name, or appends a new one.
  /// - Precondition: there is one value per row.
  public mutating func set(_ name: String, _ values: [String]) {
    precondition(values.count == rows.count)
    let index = header.firstIndex(of: name) ?? header.count
    if index == header.count { header.append(name) }
    for row in rows.indices {
      if index < rows[row].count {
        rows[row][index] = values[row]
      } else {
        rows[row].append(values[row])
      }
    }
  }

  /// The table of the rows at `indices`, in that order.
  public func gathering(_ indices: [Int]) -> Table {
    Table(header: header, rows: indices.map { rows[$0] })
  }
}
