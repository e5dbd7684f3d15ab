import FedMed
import Glibc

/// Messages of a tool on standard error.
///
/// - A message is one line that begins with the tool's name: `fm-eval: x.tar: truncated`.
/// - It is in lower case, without a full stop, and names the file.
/// - If the user can do something about an error, a second line follows: `fm-eval: hint: …`.
/// - There are no stack traces, and standard output carries only data.
public struct Messages: Sendable {
  /// The treatment of an input with an error, if the tool continues without it.
  public enum Exclusion: String, Sendable {
    /// An update or a report that is not used.
    case discarded
    /// An answer that is not accepted.
    case refused
    /// An image that cannot be read.
    case skipped
  }

  /// The tool's name.
  public let tool: String

  /// Creates the messages of a tool.
  /// - Parameter tool: the tool's name, without that of a verb.
  public init(tool: String) {
    self.tool = tool
  }

  /// Prints one line.
  public func print(_ text: String) {
    Self.write("\(tool): \(Self.oneLine(text))\n")
  }

  /// Prints an error and its hint.
  public func report(_ error: FedMedError) {
    print(error.description)
    if let hint = error.hint { print("hint: \(hint)") }
  }

  /// Prints the error of an input that the tool continues without.
  public func report(_ error: FedMedError, as exclusion: Exclusion) {
    print("\(error) (\(exclusion.rawValue))")
  }

  /// Writes `text` unchanged.
  static func write(_ text: String) {
    // A failure is ignored: there is no other place to report it.
    try? Output.writeAll(text, to: STDERR_FILENO, file: "standard error")
  }

  /// Returns `text` on one line, without control characters: text from outside must not control the
  /// terminal.
  private static func oneLine(_ text: String) -> String {
    printable(String(text.map { $0.isNewline ? " " : $0 }), limit: .max)
  }
}
