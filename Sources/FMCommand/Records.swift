import FedMed
import Glibc

/// A table in memory: rows with named columns.
public struct Records {
  private let layout: RecordLayout
  private var rows: [[JSON]] = []

  /// Creates a table without rows.
  /// - Parameters:
  ///   - name: the key of the rows in the JSON object.
  ///   - columns: the names of the columns.
  public init(_ name: String, columns: [String]) {
    layout = RecordLayout(name: name, columns: columns)
  }

  /// Adds a row: one value per column.
  public mutating func add(_ row: [JSON]) {
    precondition(row.count == layout.columns.count)
    rows.append(row)
  }

  /// Returns the table with all columns as text.
  public func text(_ format: OutputFormat) -> String {
    layout.opening(format)
      + rows.enumerated().map { layout.row($1, isFirst: $0 == 0, format) }.joined()
      + layout.closing(format, isEmpty: rows.isEmpty)
  }

  /// Writes the table to `path`; `nil` and `-` are standard output.
  /// - Parameters:
  ///   - options: the format and the columns.
  ///   - inputs: the files that are read; the output must not be one of them.
  ///   - messages: prints the names of columns that do not fit the terminal; `nil` prints none.
  /// - Throws: `usage` if a chosen column is unknown or the output is an input; `cannotCreate` or
  ///   `ioError` if writing fails.
  public func write(
    to path: String?, _ options: TableOptions, inputs: [String] = [], messages: Messages?
  ) throws(FedMedError) {
    try Output.write(to: path, inputs: inputs, isBinary: false) {
      descriptor, file throws(FedMedError) in
      try write(options, to: descriptor, file: file, messages: messages)
    }
  }

  /// Prints the table on standard error, for a tool whose standard output is its data.
  /// - Parameter messages: receives the names of columns that do not fit the terminal.
  /// - Throws: `usage` if a chosen column is unknown, `ioError` if writing fails.
  public func show(_ options: TableOptions, messages: Messages?) throws(FedMedError) {
    try write(options, to: STDERR_FILENO, file: "standard error", messages: messages)
  }

  private func write(
    _ options: TableOptions, to descriptor: Int32, file: String, messages: Messages?
  ) throws(FedMedError) {
    var writer = try RecordWriter(
      layout.name, columns: layout.columns, options, to: descriptor, file: file,
      messages: messages)
    for row in rows { try writer.add(row) }
    try writer.finish()
  }
}

/// A table that is written row by row, because it may be too long to hold in memory.
public struct RecordWriter: ~Copyable {
  /// The number of rows that are laid out together on a terminal.
  private static let alignedRows = 1000

  private let layout: RecordLayout
  /// The positions of the chosen columns; `nil` if all are written.
  private let chosen: [Int]?
  private let descriptor: Int32
  private let file: String
  private let messages: Messages?
  private let format: OutputFormat
  /// The layout on a terminal; `nil` if the table is written in `format`.
  private var aligned: AlignedTable?
  private var waiting: [[JSON]] = []
  private var pending: String
  private var isEmpty = true

  /// Starts a table.
  /// - Parameters:
  ///   - name: the key of the rows in the JSON object.
  ///   - columns: the names of the columns.
  ///   - options: the format and the chosen columns.
  ///   - descriptor: the open file to write to.
  ///   - file: its name in messages.
  ///   - messages: prints the names of columns that do not fit the terminal; `nil` prints none.
  /// - Throws: `usage` if a chosen column is unknown.
  public init(
    _ name: String, columns: [String], _ options: TableOptions, to descriptor: Int32, file: String,
    messages: Messages?
  ) throws(FedMedError) {
    chosen = try options.columns?.positions(in: columns)
    layout = RecordLayout(name: name, columns: chosen?.map { columns[$0] } ?? columns)
    (self.descriptor, self.file, self.messages) = (descriptor, file, messages)
    switch TableStyle(options, descriptor: descriptor) {
    case .format(let format):
      self.format = format
      pending = layout.opening(format)
    case .aligned(let width):
      (format, pending) = (.tsv, "")
      aligned = AlignedTable(header: layout.columns, width: width)
    }
  }

  /// Adds a row: one value per column.
  /// - Throws: `ioError` if writing fails.
  public mutating func add(_ row: [JSON]) throws(FedMedError) {
    let row = chosen.map { $0.map { row[$0] } } ?? row
    precondition(row.count == layout.columns.count)
    if aligned != nil {
      waiting.append(row)
      if waiting.count == Self.alignedRows { try flush() }
    } else {
      pending += layout.row(row, isFirst: isEmpty, format)
      isEmpty = false
      if pending.utf8.count > 1 << 16 { try flush() }
    }
  }

  /// Ends the table; call it once, after the last row.
  /// - Throws: `ioError` if writing fails.
  public mutating func finish() throws(FedMedError) {
    if aligned == nil { pending += layout.closing(format, isEmpty: isEmpty) }
    try flush()
    guard let hidden = aligned?.hidden, !hidden.isEmpty else { return }
    messages?.print("columns that do not fit: \(hidden.joined(separator: ", "))")
    messages?.print("hint: choose columns with --columns")
  }

  private mutating func flush() throws(FedMedError) {
    if aligned != nil {
      pending = aligned?.text(waiting) ?? ""
      waiting = []
    }
    try Output.writeAll(pending, to: descriptor, file: file)
    pending = ""
  }
}

/// The text of a table with named columns, in each format.
struct RecordLayout {
  let name: String
  let columns: [String]

  func opening(_ format: OutputFormat) -> String {
    switch format {
    case .tsv: columns.joined(separator: "\t") + "\n"
    case .csv: columns.map(Self.quoted).joined(separator: ",") + "\n"
    case .json: "{\n  \(JSON.string(name).line): ["
    case .jsonl: ""
    }
  }

  func row(_ row: [JSON], isFirst: Bool, _ format: OutputFormat) -> String {
    var object: JSON { .object(zip(columns, row).map { JSON.Member(key: $0, value: $1) }) }
    switch format {
    case .tsv: return row.map(Self.cell).joined(separator: "\t") + "\n"
    case .csv: return row.map { Self.quoted(Self.cell($0)) }.joined(separator: ",") + "\n"
    case .json: return (isFirst ? "\n    " : ",\n    ") + object.text(indentedBy: 4)
    case .jsonl: return object.line + "\n"
    }
  }

  func closing(_ format: OutputFormat, isEmpty: Bool) -> String {
    format == .json ? (isEmpty ? "]\n}\n" : "\n  ]\n}\n") : ""
  }

  /// The text of a value in a table.
  static func cell(_ value: JSON) -> String {
    switch value {
    // Text from outside must neither add cells or lines nor control a terminal.
    case .string(let text): text.isEmpty ? "" : printable(text, limit: .max)
    case .null: "NA"
    default: value.line
    }
  }

  /// Quotes a cell for CSV (RFC 4180).
  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
