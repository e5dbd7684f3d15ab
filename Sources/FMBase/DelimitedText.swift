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
