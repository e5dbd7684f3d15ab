import FMArchive
import FMBase
import Glibc

/// Execution of another program.
enum Subprocess {
  /// The descriptor under which the program finds the extra file.
  static let extraDescriptor: Int32 = 3

  /// Runs a program to its end.
  /// - Parameters:
  ///   - arguments: the program, searched for on the PATH, and its arguments.
  ///   - input: its standard input.
  ///   - extra: another open file, passed as `extraDescriptor`.
  /// - Returns: its exit status, and the first 64 KiB of its standard output and standard error.
  /// - Throws: `noInput` if there is no such program; `ioError` if it cannot be run.
  package static func run(
    _ arguments: [String], input: ByteSource, extra: ByteSource? = nil
  ) throws(FedMedError) -> (status: Int32, output: String) {
    let name = arguments[0]
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0,
      fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
    else { throw FedMedError(.ioError, errno: errno, "create a pipe", file: name) }
    let reader = ByteSource(descriptor: ends[0], name: name)
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    guard posix_spawn_file_actions_init(&actions) == 0, posix_spawnattr_init(&attributes) == 0
    else { throw FedMedError(.ioError, "out of memory", file: name) }
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    // Restore signals that this process may block or ignore.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    guard posix_spawnattr_setsigmask(&attributes, &none) == 0,
      posix_spawnattr_setsigdefault(&attributes, &all) == 0,
      posix_spawnattr_setflags(&attributes, flags) == 0,
      posix_spawn_file_actions_adddup2(&actions, input.descriptor, STDIN_FILENO) == 0,
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0,
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO) == 0,
      // Last, because one of the others may have that number until now.
      extra.map({
        posix_spawn_file_actions_adddup2(&actions, $0.descriptor, extraDescriptor) == 0
      }) ?? true
    else { throw FedMedError(.ioError, "cannot set up the process", file: name) }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, name, &actions, &attributes, &words, environ)
    guard failure == 0 else {
      throw FedMedError(.noInput, errno: failure, "run", file: name)
    }
    close(ends[1])
    ends[1] = -1
    let output = try reader.read(upTo: 1 << 16)
    while try !reader.read(upTo: 1 << 16).isEmpty {}
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else {
        throw FedMedError(.ioError, errno: errno, "wait for", file: name)
      }
    }
    // Report a signal as shells do.
    let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    return (code, String(decoding: output, as: UTF8.self))
  }

  /// The last line of output, which is usually the reason for a failure.
  package static func reason(_ output: String) -> String {
    let line = output.split(whereSeparator: \.isNewline).last.map { printable(String($0)) } ?? ""
    return line.isEmpty ? "no reason given" : line.prefix(1).lowercased() + line.dropFirst()
  }
}
