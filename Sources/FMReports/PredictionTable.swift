import FMArchive
import FMBase

/// A table of predictions. It is read line by line, because it may have millions of lines.
struct PredictionTable {
  package let classes: [String]
  private(set) var values: [Double] = []
  private(set) var labels: [Int] = []
  /// The number of each sample's group; empty if no column of groups was given.
  private(set) var groups: [Int] = []
  /// The values of the first column; empty unless they are kept.
  private(set) var names: [String] = []
  /// The checksum of the samples' names, which are in the first column unless that has labels or
  /// probabilities.
  private(set) var checksum = ""

  /// Reads a table.
  /// - Parameters:
  ///   - group: the column with the group of each sample; `nil` if there is none.
  ///   - keepsNames: whether to keep the first column.
  /// - Throws: `badData`, naming the line, if the table is malformed.
  init(_ source: ByteSource, group: String?, keepsNames: Bool) throws(FedMedError) {
    let file = source.name
    var lines = LineReader(source)
    guard let first = try lines.next() else {
      throw FedMedError(.badData, "no header", file: file, place: "line 1")
    }
    let separator = DelimitedText.separator(header: first)
    let titles = Self.cells(first, separator).map { String(decoding: $0, as: UTF8.self) }
    let header = try Table(text: titles.joined(separator: "\t"), file: file).header
    let columns = header.indices.filter { header[$0].hasPrefix("p_") }
    let classes = columns.map { String(header[$0].dropFirst(2)) }
    guard classes.count > 1, let place = header.firstIndex(of: "label") else {
      throw FedMedError(
        .badData, "neither a prediction archive nor a table of predictions", file: file,
        hint: "a table has a column label, and for each class a column p_CLASS")
    }
    let groupPlace = try group.map { column throws(FedMedError) in
      guard let index = header.firstIndex(of: column) else {
        throw FedMedError(
          .badData, "no column '\(printable(column))'", file: file,
          hint: "the columns are \(header.joined(separator: ", "))")
      }
      return index
    }
    let numbers = Dictionary(
      uniqueKeysWithValues: zip(classes.map { Array($0.utf8) }, classes.indices))
    let namesSamples = place != 0 && columns.first != 0
    var groupNumbers: [[UInt8]: Int] = [:]
    var digest = SHA256()
    self.classes = classes
    var count = 1
    while let line = try lines.next() {
      count += 1
      func fault(_ reason: String, hint: String? = nil) -> FedMedError {
        FedMedError(.badData, reason, file: file, place: "line \(count)", hint: hint)
      }
      let cells = Self.cells(line, separator)
      guard cells.count == header.count else {
        throw fault("\(cells.count) cells, expected \(header.count)")
      }
      guard let label = numbers[Array(cells[place])] else {
        throw fault(
          "unknown class '\(printable(String(decoding: cells[place], as: UTF8.self)))' "
            + "(known: \(classes.joined(separator: ", ")))",
          hint: "the classes are those of the columns p_CLASS")
      }
      labels.append(label)
      for column in columns {
        guard let value = Self.number(cells[column]) else {
          throw fault(
            "'\(printable(String(decoding: cells[column], as: UTF8.self)))' is not a number")
        }
        values.append(value)
      }
      if namesSamples { digest.update(cells[0] + [UInt8(ascii: "\n")]) }
      if keepsNames { names.append(String(decoding: cells[0], as: UTF8.self)) }
      if let groupPlace {
        let next = groupNumbers.count
        let number = groupNumbers[Array(cells[groupPlace]), default: next]
        groupNumbers[Array(cells[groupPlace])] = number
        groups.append(number)
      }
    }
    checksum = digest.hexadecimal()
  }

  private static func cells(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> [ArraySlice<UInt8>] {
    // Only CSV has quotes; in TSV they are part of a name.
    guard separator != UInt8(ascii: "\t"), line.contains(UInt8(ascii: "\"")) else {
      return line.split(separator: separator, omittingEmptySubsequences: false)
    }
    return DelimitedText.quotedCells(line, separator: separator).map { $0[...] }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
    Double(String(decoding: bytes, as: UTF8.self))
  }
}

/// A reader of lines that end with LF or CR LF.
struct LineReader {
  private let source: ByteSource
  private var chunk: [UInt8] = []
  private var place = 0

  /// The length of the longest line, in bytes.
  private static let limit = 1 << 24

  init(_ source: ByteSource) { self.source = source }

  /// Reads the next line, without its end; `nil` after the last one.
  /// - Throws: `badData` for a line longer than 16 MiB.
  package mutating func next() throws(FedMedError) -> ArraySlice<UInt8>? {
    while true {
      if let end = chunk[place...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { place = end + 1 }
        return withoutReturn(chunk[place..<end])
      }
      guard chunk.count - place <= Self.limit else {
        throw FedMedError(.badData, "a line is longer than 16 MiB", file: source.name)
      }
      let more = try source.read(upTo: 1 << 18)
      if more.isEmpty {
        guard place < chunk.count else { return nil }
        defer { place = chunk.count }
        return withoutReturn(chunk[place...])
      }
      chunk = Array(chunk[place...]) + more
      place = 0
    }
  }

  private func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }
}
