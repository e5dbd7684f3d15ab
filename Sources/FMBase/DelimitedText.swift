/// Lines of CSV or TSV.
package enum DelimitedText {
  /// The separator of a table with this header line: a tab if the line has one, else a comma.
  package static func separator(header: some Sequence<UInt8>) -> UInt8 {
    header.contains(UInt8(ascii: "\t")) ? UInt8(ascii: "\t") : UInt8(ascii: ",")
  }

  /// Splits a line whose cells may be quoted (RFC 4180): a quoted cell may hold separators, and a doubled
  /// quote in it is a quote.
  package static func quotedCells(_ line: some Sequence<UInt8>, separator: UInt8) -> [[UInt8]] {
    var (cells, cell, isQuoted): ([[UInt8]], [UInt8], Bool) = ([], [], false)
    var followsQuote = false
    for byte in line {
      if byte == UInt8(ascii: "\"") {
        if followsQuote && !isQuoted { cell.append(byte) }
        isQuoted.toggle()
        followsQuote = !isQuoted
        continue
      }
      followsQuote = false
      if byte == separator && !isQuoted {
        cells.append(cell)
        cell = []
      } else {
        cell.append(byte)
      }
    }
    return cells + [cell]
  }
}

extension DelimitedText {
  /// The rows of a whole text in CSV or TSV, with the number of the line on which each begins. Quoted
  /// cells may hold separators and line ends. The separator is a tab if the header has one, otherwise a
  /// semicolon if it has more of these than commas. Empty lines are left out.
  /// - Throws: `badData` if a quote is not closed, or there are more than 2²² rows.
  package static func rows(
    _ text: String, file: String
  ) throws(FedMedError) -> [(line: Int, cells: [String])] {
    let bytes = Array(text.utf8).drop { $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    let header = bytes.prefix { $0 != newline }
    func count(_ byte: UInt8) -> Int { header.count { $0 == byte } }
    let semicolon = UInt8(ascii: ";")
    let separator =
      count(semicolon) > count(UInt8(ascii: ",")) && count(UInt8(ascii: "\t")) == 0
      ? semicolon : separator(header: header)
    var rows: [(line: Int, cells: [String])] = []
    var (line, start, begin, isQuoted) = (1, bytes.startIndex, 1, false)
    for index in bytes.startIndex...bytes.endIndex {
      let isEnd = index == bytes.endIndex
      if !isEnd, bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard isEnd || bytes[index] == newline else { continue }
      guard !isEnd || !isQuoted else {
        throw FedMedError(.badData, "a quote is not closed", file: file, place: "line \(begin)")
      }
      if !isQuoted {
        var record = bytes[start..<index]
        if record.last == UInt8(ascii: "\r") { record.removeLast() }
        if !record.isEmpty {
          let cells = quotedCells(record, separator: separator)
          rows.append((begin, cells.map { String(decoding: $0, as: UTF8.self) }))
        }
        (start, begin) = (index + 1, line + 1)
      }
      line += 1
      guard rows.count <= 1 << 22 else {
        throw FedMedError(.badData, "more than \(1 << 22) rows", file: file)
      }
    }
    return rows
  }

  private static let newline = UInt8(ascii: "\n")
}
