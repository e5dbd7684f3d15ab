import FMArchive
import FMBase
import Glibc

/// The decoder's side: a process that reads files for another one, because a malformed file may crash
/// the libraries that read it.
public enum DecoderService {
  /// The name under which a program that calls ``serve()`` is a decoder.
  public static let name = "fedmed-decoder"
  /// The socket to the other process, and the file with the members of a tar archive.
  static let (socket, spool): (Int32, Int32) = (0, 3)
  /// The time that a request may take, in seconds of real time.
  static let timeLimit: UInt32 = 120

  /// Answers requests until there are no more, and ends the process.
  public static func serve() -> Never {
    // The other process decides when to stop, also at the terminal.
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
    // The name in lists of processes.
    let list = Glibc.open("/proc/self/comm", O_WRONLY | O_CLOEXEC)
    if list >= 0 {
      _ = write(list, name, name.utf8.count)
      close(list)
    }
    // A core dump would contain a patient's data.
    limit(RLIMIT_CORE, to: 0)
    let baseline = addressSpace()
    var decoder = FileDecoder()
    while let request = DecoderRequest({ Socket.read($0, from: socket) }) {
      alarm(timeLimit)
      let answer: DecoderAnswer
      do throws(FedMedError) {
        answer = try decoder.answer(request) { limit(RLIMIT_AS, to: baseline + $0) }
      } catch {
        answer = DecoderAnswer(reason: error.reason)
      }
      alarm(0)
      guard
        [answer.head, answer.header, answer.pixels].allSatisfy({ Socket.write($0, to: socket) })
      else { break }
    }
    // Without what libraries do at the end, which may need memory that is no longer allowed.
    _exit(0)
  }

  /// Sets a soft limit, which can be changed again.
  private static func limit(_ resource: __rlimit_resource, to value: Int) {
    let resource = __rlimit_resource_t(resource.rawValue)
    var limits = rlimit()
    guard getrlimit(resource, &limits) == 0 else { return }
    limits.rlim_cur = min(rlim_t(value), limits.rlim_max)
    _ = setrlimit(resource, &limits)
  }

  /// The size of this process's address space in bytes.
  private static func addressSpace() -> Int {
    let bytes = try? ByteSource(path: "/proc/self/statm").read(upTo: 64)
    let pages = String(decoding: bytes ?? [], as: UTF8.self).split(separator: " ").first
    return (pages.flatMap { Int($0) } ?? 0) * Int(getpagesize())
  }
}
