import ArgumentParser
import FedMed
import Glibc

/// The format of a written table.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// Tab-separated values with a header.
  case tsv
  /// Comma-separated values with a header.
  case csv
  /// One JSON object with an array of rows.
  case json
  /// One JSON object per line and row.
  case jsonl
}

/// The options of tools that print a table.
public struct TableOptions: ParsableArguments {
  /// The format; `nil` for TSV, or aligned columns on a terminal.
  @Option(
    help: ArgumentHelp(
      "Format of the table (tsv; on a terminal, aligned columns).",
      valueName: "format"))
  public var format: OutputFormat?

  /// The columns to print; `nil` prints all.
  @Option(
    help: ArgumentHelp(
      "Print only these columns, in this order, separated by commas.", valueName: "list"))
  public var columns: ColumnList?

  /// Creates the default options.
  public init() {}

  /// Checks the chosen columns before the work that fills the table.
  /// - Throws: `usage` if one is not in `columns` or is given twice.
  public func check(_ columns: [String]) throws(FedMedError) {
    _ = try self.columns?.positions(in: columns)
  }

  /// Whether one of the options was given.
  public var isGiven: Bool { format != nil || columns != nil }
}

/// Column names, separated by commas.
public struct ColumnList: ExpressibleByArgument, Sendable {
  let names: [String]

  /// Parses the names; `nil` if one is empty.
  public init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map { name in
      let start = name.drop { $0 == " " }
      return String(
        start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)])
    }
    guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
  }

  /// The positions of the names in `columns`.
  /// - Throws: `usage` if a name is unknown or given twice.
  func positions(in columns: [String]) throws(FedMedError) -> [Int] {
    var positions: [Int] = []
    for name in names {
      guard let position = columns.firstIndex(of: name) else {
        throw FedMedError(
          .usage,
          "unknown column '\(printable(name))' (known: \(columns.joined(separator: ", ")))")
      }
      guard !positions.contains(position) else {
        throw FedMedError(.usage, "column '\(printable(name))' is given twice")
      }
      positions.append(position)
    }
    return positions
  }
}

/// The style of a table: one of the formats, or columns aligned for reading.
enum TableStyle {
  case format(OutputFormat)
  /// - Parameter width: the width of the terminal, in character cells.
  case aligned(width: Int)

  /// Chooses the format given in `options`, aligned columns on a terminal, or TSV.
  init(_ options: TableOptions, descriptor: Int32) {
    if let format = options.format {
      self = .format(format)
    } else if isatty(descriptor) == 1 {
      var size = winsize()
      let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      self = .aligned(width: isKnown ? Int(size.ws_col) : 80)
    } else {
      self = .format(.tsv)
    }
  }
}
