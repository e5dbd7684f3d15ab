import CUTF8Proc
import FedMed

/// A layout of rows as aligned columns, with numbers flush right.
///
/// If the table does not fit the terminal, text is cut, but not below ``shortestText`` cells;
/// columns that still do not fit are hidden, from the right. The first rows determine the widths.
struct AlignedTable {
  private static let shortestText = 12
  private static let gap = "  "

  private let header: [String]
  private let width: Int
  private var widths: [Int] = []
  private var isNumeric: [Bool] = []
  /// The number of columns shown; `nil` before the first rows.
  private var shown: Int?

  /// Creates an empty table.
  /// - Parameters:
  ///   - header: the names of the columns.
  ///   - width: the width of the terminal, in character cells.
  init(header: [String], width: Int) {
    (self.header, self.width) = (header, width)
  }

  /// The names of the columns that do not fit; empty before the first rows.
  var hidden: [String] { Array(header.dropFirst(shown ?? header.count)) }

  /// Lays out `rows`, preceded by the header if they are the first.
  mutating func text(_ rows: [[JSON]]) -> String {
    let cells = rows.map { $0.map(RecordLayout.cell) }
    let isFirst = shown == nil
    if isFirst {
      isNumeric = header.indices.map { column in
        rows.contains { $0[column].isNumber }
          && rows.allSatisfy { $0[column].isNumber || $0[column] == .null }
      }
      widths = header.indices.map { column in
        cells.reduce(header[column].cellWidth) { max($0, $1[column].cellWidth) }
      }
      fit()
    }
    return ((isFirst ? [header] : []) + cells).map(line).joined()
  }

  /// Chooses the columns to show and reduces the widths of text columns.
  private mutating func fit() {
    let natural = widths
    func needed(_ count: Int) -> Int {
      widths.prefix(count).reduce(0, +) + Self.gap.count * (count - 1)
    }
    if needed(header.count) > width {
      for column in widths.indices where !isNumeric[column] {
        widths[column] = min(natural[column], max(Self.shortestText, header[column].cellWidth))
      }
    }
    var count = header.count
    while count > 1, needed(count) > width { count -= 1 }
    // Columns that were cut share the remaining width, so that short ones are whole again first.
    var spare = width - needed(count)
    while spare > 0, let column = narrowestCut(of: count, natural) {
      widths[column] += 1
      spare -= 1
    }
    shown = count
  }

  /// The narrowest of the first `count` columns that are cut; `nil` if none is.
  private func narrowestCut(of count: Int, _ natural: [Int]) -> Int? {
    (0..<count).filter { widths[$0] < natural[$0] }.min { widths[$0] < widths[$1] }
  }

  private func line(_ cells: [String]) -> String {
    var line = ""
    for column in 0..<(shown ?? 0) {
      // Text is cut; a number is never, even if it is wider than those of the first rows.
      let cell = isNumeric[column] ? cells[column] : cells[column].cut(toCells: widths[column])
      let padding = String(repeating: " ", count: max(widths[column] - cell.cellWidth, 0))
      if column > 0 { line += Self.gap }
      line += isNumeric[column] ? padding + cell : cell + padding
    }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }
}

extension JSON {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .number, .decimal: true
    default: false
    }
  }
}

extension String {
  /// The number of terminal cells that the text occupies.
  fileprivate var cellWidth: Int {
    unicodeScalars.reduce(0) { $0 + Int(utf8proc_charwidth(utf8proc_int32_t($1.value))) }
  }

  /// Returns the text, or if it is longer than `limit` cells, its beginning followed by `…`.
  fileprivate func cut(toCells limit: Int) -> String {
    guard cellWidth > limit else { return self }
    var (result, used) = ("", 1)
    for character in self {
      used += String(character).cellWidth
      if used > limit { break }
      result.append(character)
    }
    return result + "…"
  }
}
