import ArgumentParser
import FedMed

/// How a table is written.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case tsv, json, jsonl
}

/// Rows with named columns, to be written as text.
public struct Records {
  private let layout: RecordLayout
  private var rows: [[JSON]] = []

  /// - Parameter name: the key of the rows in the one object of `json`.
  public init(_ name: String, columns: [String]) {
    layout = RecordLayout(name: name, columns: columns)
  }

  /// Adds a row: a value for each column.
  public mutating func add(_ row: [JSON]) {
    precondition(row.count == layout.columns.count)
    rows.append(row)
  }

  public func text(_ format: OutputFormat) -> String {
    layout.opening(format)
      + rows.enumerated().map { layout.row($1, isFirst: $0 == 0, format) }.joined()
      + layout.closing(format, isEmpty: rows.isEmpty)
  }
}

/// Rows that are written as they come, because there may be too many to be held.
public struct RecordWriter: ~Copyable {
  private let layout: RecordLayout
  private let format: OutputFormat
  private let descriptor: Int32
  private let file: String
  private var pending: String
  private var isEmpty = true

  public init(
    _ name: String, columns: [String], format: OutputFormat, to descriptor: Int32, file: String
  ) {
    layout = RecordLayout(name: name, columns: columns)
    (self.format, self.descriptor, self.file) = (format, descriptor, file)
    pending = layout.opening(format)
  }

  /// Adds a row: a value for each column.
  public mutating func add(_ row: [JSON]) throws(FedMedError) {
    precondition(row.count == layout.columns.count)
    pending += layout.row(row, isFirst: isEmpty, format)
    isEmpty = false
    if pending.utf8.count > 1 << 16 { try flush() }
  }

  /// To be called at the end.
  public mutating func finish() throws(FedMedError) {
    pending += layout.closing(format, isEmpty: isEmpty)
    try flush()
  }

  private mutating func flush() throws(FedMedError) {
    try Output.writeAll(pending, to: descriptor, file: file)
    pending = ""
  }
}

/// How rows with named columns look in each format.
private struct RecordLayout {
  let name: String
  let columns: [String]

  func opening(_ format: OutputFormat) -> String {
    switch format {
    case .tsv: columns.joined(separator: "\t") + "\n"
    case .json: "{\n  \(JSON.string(name).line): ["
    case .jsonl: ""
    }
  }

  func row(_ row: [JSON], isFirst: Bool, _ format: OutputFormat) -> String {
    var object: JSON { .object(zip(columns, row).map { JSON.Member(key: $0, value: $1) }) }
    switch format {
    case .tsv: return row.map(Self.cell).joined(separator: "\t") + "\n"
    case .json: return (isFirst ? "\n    " : ",\n    ") + object.text(indentedBy: 4)
    case .jsonl: return object.line + "\n"
    }
  }

  func closing(_ format: OutputFormat, isEmpty: Bool) -> String {
    format == .json ? (isEmpty ? "]\n}\n" : "\n  ]\n}\n") : ""
  }

  private static func cell(_ value: JSON) -> String {
    switch value {
    // A name from outside must not make a cell or a line of its own, nor steer a terminal.
    case .string(let text): text.isEmpty ? "" : printable(text, limit: .max)
    case .null: "NA"
    default: value.line
    }
  }
}
