/// Features as text: a row for each sample, with commas or tabs between the numbers, with or without a
/// header. With a header, the columns `sample` and `label` are names; all others must be numbers. pandas'
/// index, a column without a name, names the samples too.
struct FeatureTable {
  let array: NumPyArray
  /// The columns that are names, where there are such.
  let columns: [String: [String]]

  private static let named = ["sample", "label"]

  /// - Throws: `badData` with the line where a cell is missing or is not a number.
  init(path: String) throws(FedMedError) {
    let source = try ByteSource(path: path)
    let lines = Table.lines(try source.text(limit: Table.sizeLimit))
    func fault(_ line: Int, _ reason: String) -> FedMedError {
      FedMedError(.badData, reason, file: path, place: "line \(line + 1)")
    }
    guard let first = lines.first else { throw fault(0, "no features") }
    let separator = UInt8(ascii: first.utf8.contains(UInt8(ascii: "\t")) ? "\t" : ",")
    let start = Self.cells(first, separator).map { String($0) }
    // Some programs begin a text with a mark of its encoding.
    var header = start.enumerated().map {
      $0 == 0 && $1.hasPrefix("\u{FEFF}") ? String($1.dropFirst()) : $1
    }
    // pandas calls columns without names 0, 1, 2 and so on.
    let isCounted = header.count > 1 && header.indices.allSatisfy { header[$0] == "\($0)" }
    let hasHeader = isCounted || header.contains { Double($0) == nil }
    if hasHeader, header[0].isEmpty, !header.contains("sample") { header[0] = "sample" }
    let names = hasHeader ? header.indices.filter { Self.named.contains(header[$0]) } : []
    guard Set(names.map { header[$0] }).count == names.count else {
      throw fault(0, "a column is there twice")
    }
    var texts = [[String]](repeating: [], count: names.count)
    var values: [Float] = []
    values.reserveCapacity((header.count - names.count) * lines.count)
    for (index, line) in lines.enumerated().dropFirst(hasHeader ? 1 : 0) {
      let cells = Self.cells(line, separator)
      guard cells.count == header.count else {
        throw fault(index, "\(cells.count) cells, expected \(header.count)")
      }
      var next = 0
      for (column, cell) in cells.enumerated() {
        if next < names.count, names[next] == column {
          texts[next].append(String(cell))
          next += 1
        } else if let value = Double(cell) {
          values.append(Float(value))
        } else {
          throw fault(index, "'\(printable(String(cell)))' is not a number")
        }
      }
    }
    let count = lines.count - (hasHeader ? 1 : 0)
    array = NumPyArray(floats: values, shape: [count, header.count - names.count], name: path)
    columns = Dictionary(uniqueKeysWithValues: zip(names.map { header[$0] }, texts))
  }

  /// The cells of a line; one in quotes may have separators in it.
  private static func cells(_ line: Substring, _ separator: UInt8) -> [Substring] {
    guard line.utf8.contains(UInt8(ascii: "\"")) else {
      return line.utf8.split(separator: separator, omittingEmptySubsequences: false).map {
        Substring($0)
      }
    }
    var (cells, cell, isQuoted): ([Substring], [UInt8], Bool) = ([], [], false)
    var isBehindQuote = false
    for byte in line.utf8 {
      if byte == UInt8(ascii: "\"") {
        // Twice inside of quotes, it stands for itself.
        if isBehindQuote && !isQuoted { cell.append(byte) }
        isQuoted.toggle()
        isBehindQuote = !isQuoted
        continue
      }
      isBehindQuote = false
      if byte == separator && !isQuoted {
        cells.append(Substring(decoding: cell, as: UTF8.self))
        cell = []
      } else {
        cell.append(byte)
      }
    }
    return cells + [Substring(decoding: cell, as: UTF8.self)]
  }
}
