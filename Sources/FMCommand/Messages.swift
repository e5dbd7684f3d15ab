import FedMed
import Glibc

// How the tools speak:
// - one line each, on standard error, beginning with the tool's name: `fm-eval: x.tar: truncated`;
// - lower case, no full stop, and the file is named;
// - a second line `fm-eval: hint: …` where there is something to be done about it;
// - never a stack trace, and nothing but data on standard output.

/// Writes words to standard error.
public struct Messages: Sendable {
  /// The tool's name.
  public let tool: String

  public init(tool: String) {
    self.tool = tool
  }

  /// One line.
  public func say(_ text: String) {
    Self.write("\(tool): \(Self.oneLine(text))\n")
  }

  /// An error, with its hint.
  public func report(_ error: FedMedError) {
    say(error.description)
    if let hint = error.hint { say("hint: \(hint)") }
  }

  /// Something wrong with one of many files, without which it goes on.
  public func leaveOut(_ error: FedMedError) {
    say("\(error) (left out)")
  }

  /// Text as it is.
  static func write(_ text: String) {
    // Nothing is left to be told where standard error itself fails.
    try? Output.writeAll(text, to: STDERR_FILENO, file: "standard error")
  }

  /// Whatever text from outside has found its way into a message, it steers no terminal.
  private static func oneLine(_ text: String) -> String {
    printable(String(text.map { $0.isNewline ? " " : $0 }), limit: .max)
  }
}
