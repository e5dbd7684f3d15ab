import ArgumentParser
import Glibc

/// A progress bar on standard error: the work done, the total, the rate and the time left.
public final class Progress {
  /// When the bar is shown.
  public enum Mode: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// If standard error is a terminal that can erase a line.
    case auto
    /// Always.
    case always
    /// Never.
    case never
  }

  private let label: String
  private let total: Int?
  /// The number of items that an earlier run has finished.
  private let resumed: Int
  private let isShown: Bool
  private let start = Progress.now()
  private var lastShown = 0.0
  private var isOpen = false

  /// Creates a bar, which is shown by the first update.
  /// - Parameters:
  ///   - label: the text before the bar.
  ///   - total: the number of items; `nil` if it is unknown before the end.
  ///   - resumed: the number of items that an earlier run has finished, which do not count for the rate.
  ///   - mode: when the bar is shown.
  public init(_ label: String, total: Int?, resumed: Int = 0, mode: Mode) {
    self.resumed = resumed
    self.label = label
    self.total = total
    let term = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    isShown = mode == .always || mode == .auto && isatty(STDERR_FILENO) == 1 && term != "dumb"
  }

  deinit { finish() }

  /// Shows that `done` items are finished, at most ten times a second.
  public func update(_ done: Int) {
    guard isShown else { return }
    let now = Self.now()
    guard done == total || now - lastShown >= 0.1 else { return }
    lastShown = now
    let elapsed = max(now - start, 1e-9)
    let rate = Double(max(done - resumed, 0)) / elapsed
    let speed = rate >= 10 ? "\(Int(rate))" : "\((rate * 10).rounded() / 10)"
    if let total {
      let left = rate > 0 ? Self.duration((Double(total - done) / rate).rounded(.up)) : "?"
      let filled = total > 0 ? 20 * done / total : 20
      let bar =
        String(repeating: "=", count: filled) + String(repeating: " ", count: 20 - filled)
      Messages.write("\r\(label) [\(bar)] \(done)/\(total) \(speed)/s \(left) left\u{1B}[K")
    } else {
      Messages.write("\r\(label) \(done) \(speed)/s\u{1B}[K")
    }
    isOpen = true
  }

  /// A time in seconds, or from two minutes on in minutes, or in hours and minutes.
  static func duration(_ seconds: Double) -> String {
    guard seconds < 3.6e6 else { return "1000 h or more" }
    let whole = Int(seconds)
    if whole < 120 { return "\(whole) s" }
    let minutes = (whole + 59) / 60
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  /// Ends the line of the bar.
  public func finish() {
    if isOpen { Messages.write("\n") }
    isOpen = false
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
