import Glibc
import Synchronization

/// Standard input as an input file.
public enum StandardInput {
  private static let notice = Mutex<(@Sendable () -> Void)?>(nil)

  /// Sets the function that is called before standard input is read from a terminal, where a command
  /// without a file name would seem to hang.
  public static func setTerminalNotice(_ body: @escaping @Sendable () -> Void) {
    notice.withLock { $0 = body }
  }

  /// Calls the notice if standard input is a terminal.
  static func announce() {
    guard isatty(STDIN_FILENO) == 1 else { return }
    notice.withLock { $0 }?()
  }
}
