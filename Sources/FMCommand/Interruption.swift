import Glibc
import Synchronization

/// The two ends of a pipe: the signal handler writes to one and accesses nothing else; a thread
/// reads from the other. Both are set once, before either runs.
nonisolated(unsafe) private var interruptionWriter: Int32 = -1
nonisolated(unsafe) private var interruptionReader: Int32 = -1

/// Removes unfinished files when SIGINT, SIGTERM or SIGHUP ends the process.
///
/// A signal handler may call few functions, so it only writes the signal's number to a pipe. A
/// separate thread reads it, removes the files, and raises the signal again with its default
/// action.
enum Interruption {
  private static let unfinished = Mutex<Set<String>>([])
  private static let isWatching: Bool = watch()

  /// Creates the file at `path` and registers it for removal until ``release(_:)`` is called. Both
  /// happen under one lock, so that a signal in between cannot leave the file behind.
  /// - Returns: the descriptor of the open file, or a negative number and the reason in `errno`.
  static func create(_ path: String) -> Int32 {
    _ = isWatching
    return unfinished.withLock {
      let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor >= 0 { $0.insert(path) }
      return descriptor
    }
  }

  /// Stops the file at `path` from being removed.
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
      // A signal that the caller has set to be ignored, as nohup does, stays ignored.
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
    // The lock is never released, so that no file can be completed from now on.
    unfinished.withLock { paths in
      for path in paths { unlink(path) }
      signal(number, SIG_DFL)
      kill(getpid(), number)
      while true { pause() }
    }
  }
}
