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
  /// The rows of a whole text in CSV or TSV, with the number of the line on which each begins. A cell that
  /// begins with a quote may hold separators and line ends (RFC 4180). The separator is that of a first
  /// line `sep=…`, as Excel writes it; otherwise a tab if the header has one, a semicolon if it has more
  /// of these than commas, or else a comma. Empty lines are left out.
  /// - Throws: `badData` if a quote is not closed, or there are more than 2²² rows.
  package static func rows(
    _ text: String, file: String
  ) throws(FedMedError) -> [(line: Int, cells: [String])] {
    let newline = UInt8(ascii: "\n")
    var bytes = Array(text.utf8)[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    var line = 1
    var header = bytes.prefix { $0 != newline }
    func count(_ byte: UInt8) -> Int { header.count { $0 == byte } }
    var separator =
      count(UInt8(ascii: ";")) > count(UInt8(ascii: ",")) && count(UInt8(ascii: "\t")) == 0
      ? UInt8(ascii: ";") : separator(header: header)
    if header.starts(with: "sep=".utf8), header.count > 4 {
      separator = header[header.startIndex + 4]
      bytes = bytes.dropFirst(header.count + 1)
      header = []
      line = 2
    }
    var parser = RowParser(separator: separator, line: line)
    for byte in bytes {
      parser.take(byte)
      guard parser.rows.count <= 1 << 22 else {
        throw FedMedError(.badData, "more than \(1 << 22) rows", file: file)
      }
    }
    guard !parser.isQuoted else {
      throw FedMedError(
        .badData, "a quote is not closed", file: file, place: "line \(parser.begin)")
    }
    parser.endLastRow()
    return parser.rows
  }

  /// Reads rows byte by byte.
  private struct RowParser {
    let separator: UInt8
    var line: Int
    private(set) var rows: [(line: Int, cells: [String])] = []
    private(set) var begin: Int
    private(set) var isQuoted = false
    private var wasQuoted = false
    private var cells: [String] = []
    private var cell: [UInt8] = []

    init(separator: UInt8, line: Int) {
      (self.separator, self.line, begin) = (separator, line, line)
    }

    mutating func take(_ byte: UInt8) {
      let (newline, quote) = (UInt8(ascii: "\n"), UInt8(ascii: "\""))
      if byte == quote, isQuoted {
        isQuoted = false
      } else if byte == quote, wasQuoted {
        // A doubled quote in a quoted cell is a quote.
        cell.append(quote)
        isQuoted = true
      } else if byte == quote, cell.isEmpty {
        (isQuoted, wasQuoted) = (true, true)
      } else if byte == separator, !isQuoted {
        endCell()
      } else if byte == newline, !isQuoted {
        endRow()
      } else {
        cell.append(byte)
      }
      if byte == newline { line += 1 }
    }

    mutating func endLastRow() {
      if !cell.isEmpty || !cells.isEmpty { endRow() }
    }

    private mutating func endCell() {
      cells.append(String(decoding: cell, as: UTF8.self))
      cell = []
      wasQuoted = false
    }

    private mutating func endRow() {
      if cell.last == UInt8(ascii: "\r") { cell.removeLast() }
      endCell()
      if cells != [""] { rows.append((begin, cells)) }
      cells = []
      begin = line + 1
    }
  }

  /// The text of a table as other programs write it: UTF-8, UTF-16 with a byte order mark, or otherwise
  /// one byte per character (Windows-1252, whose bytes 128 to 159 are not told from control characters).
  package static func text(_ bytes: [UInt8]) -> String {
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    if isLittle || bytes.starts(with: [0xFE, 0xFF]) {
      var units: [UInt16] = []
      for place in stride(from: 2, to: bytes.count - 1, by: 2) {
        let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
        units.append(isLittle ? first | second << 8 : second | first << 8)
      }
      return String(decoding: units, as: UTF16.self)
    }
    return String(validating: bytes, as: UTF8.self)
      ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}
