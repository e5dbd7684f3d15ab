import Glibc
import Synchronization

/// The pipe that the signal handler writes into, the only thing it touches, and the end that the
/// thread reads. Set once, before either runs.
nonisolated(unsafe) private var interruptionWriter: Int32 = -1
nonisolated(unsafe) private var interruptionReader: Int32 = -1

/// Removes unfinished files when SIGINT, SIGTERM or SIGHUP ends the process.
///
/// The handler may do next to nothing, so it writes the signal's number into a pipe; a thread of
/// its own reads it, removes the files, and lets the signal do what it does by default.
enum Interruption {
  private static let unfinished = Mutex<Set<String>>([])
  private static let isWatching: Bool = watch()

  /// Creates the file at `path`, which is to be removed until it is released. Both at once: a signal
  /// comes before, and there is no file, or behind, and it is removed.
  /// - Returns: the open file, or a negative number where errno says why there is none.
  static func create(_ path: String) -> Int32 {
    _ = isWatching
    return unfinished.withLock {
      let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor >= 0 { $0.insert(path) }
      return descriptor
    }
  }

  static func release(_ path: String) {
    unfinished.withLock { _ = $0.remove(path) }
  }

  private static func watch() -> Bool {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return false }
    (interruptionReader, interruptionWriter) = (ends[0], ends[1])
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { _ in
        Interruption.waitForSignal()
        return nil
      }, nil)
    guard started == 0 else { return false }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // What the caller had us ignore (nohup) stays ignored.
      let before = signal(number) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(interruptionWriter, &byte, 1)
      }
      if unsafeBitCast(before, to: Int.self) == 1 { signal(number, SIG_IGN) }
    }
    return true
  }

  private static func waitForSignal() {
    var byte: UInt8 = 0
    while read(interruptionReader, &byte, 1) != 1 { if errno != EINTR { return } }
    let number = Int32(byte)
    // The lock is never given back: nothing more may be finished now.
    unfinished.withLock { paths in
      for path in paths { unlink(path) }
      signal(number, SIG_DFL)
      kill(getpid(), number)
      while true { pause() }
    }
  }
}
