import ArgumentParser
import FedMed

/// How a table is written.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case tsv, json, jsonl
}

/// Rows with named columns, to be written as text.
public struct Records {
  private let name: String
  private let columns: [String]
  private var rows: [[JSON]] = []

  /// - Parameter name: the key of the rows in the one object of `json`.
  public init(_ name: String, columns: [String]) {
    self.name = name
    self.columns = columns
  }

  /// Adds a row: a value for each column.
  public mutating func add(_ row: [JSON]) {
    precondition(row.count == columns.count)
    rows.append(row)
  }

  public func text(_ format: OutputFormat) -> String {
    func object(_ row: [JSON]) -> JSON {
      .object(zip(columns, row).map { JSON.Member(key: $0, value: $1) })
    }
    switch format {
    case .tsv:
      let lines = [columns] + rows.map { $0.map(Self.cell) }
      return lines.map { $0.joined(separator: "\t") + "\n" }.joined()
    case .json:
      let all = JSON.object([JSON.Member(key: name, value: .array(rows.map(object)))])
      return all.text + "\n"
    case .jsonl: return rows.map { object($0).line + "\n" }.joined()
    }
  }

  private static func cell(_ value: JSON) -> String {
    switch value {
    // A name from outside must not make a cell or a line of its own.
    case .string(let text): String(text.map { $0 == "\t" || $0.isNewline ? "?" : $0 })
    case .null: "NA"
    default: value.line
    }
  }
}
