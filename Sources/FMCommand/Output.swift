import FedMed
import Glibc

/// Where a tool's result goes.
///
/// A file is written under a temporary name in its folder, synced and renamed, so that a failure or
/// a signal leaves nothing behind and an old file stays until the new one is complete.
public enum Output {
  /// What `body` gets: the open descriptor, and what messages call it.
  public typealias Body = (_ descriptor: Int32, _ file: String) throws(FedMedError) -> Void

  /// Has `body` write to `path`; nil and `-` are standard output.
  /// - Parameters:
  ///   - inputs: files that are read, none of which the output may be.
  ///   - isBinary: refused on a terminal.
  ///   - key: signs a file; its signature has its place first, so that nobody finds the file without.
  public static func write(
    to path: String?, inputs: [String] = [], isBinary: Bool, signedBy key: SigningKey? = nil,
    _ body: Body
  ) throws(FedMedError) {
    guard let path, path != "-" else {
      guard key == nil else { throw FedMedError(.usage, "only a file is signed, not a stream") }
      try check(path, isBinary: isBinary)
      return try body(STDOUT_FILENO, "standard output")
    }
    let pending = try Pending(path: path, inputs: inputs)
    try pending.write(body)
    if let key {
      let signature = try key.signature(of: pending.written)
      try write(text: signature, to: "\(path).sig", inputs: inputs)
    }
    try pending.publish()
  }

  /// Refuses a terminal for binary output, and a file that is an input too. Tools call it before
  /// they work; writing checks again.
  public static func check(
    _ path: String?, inputs: [String] = [], isBinary: Bool
  ) throws(FedMedError) {
    guard let path, path != "-" else {
      guard !isBinary || isatty(STDOUT_FILENO) == 0 else {
        throw FedMedError(
          .usage, "an archive is not written to a terminal",
          hint: "redirect standard output, or name a file with -o")
      }
      return
    }
    var target = stat()
    guard stat(path, &target) == 0, target.st_mode & S_IFMT == S_IFREG else { return }
    for input in inputs {
      var status = stat()
      let isThere = input == "-" ? fstat(STDIN_FILENO, &status) : stat(input, &status)
      guard isThere != 0 || status.st_dev != target.st_dev || status.st_ino != target.st_ino
      else { throw FedMedError(.usage, "the output is an input too", file: path) }
    }
  }

  /// Refuses two outputs in one place. nil is an output that is not asked for, `-` standard output;
  /// a device such as /dev/null may take several.
  public static func checkDistinct(_ paths: [String?]) throws(FedMedError) {
    var seen: Set<String> = []
    for path in paths.compactMap({ $0 }) {
      var status = stat()
      if path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR { continue }
      guard seen.insert(place(of: path)).inserted else {
        throw FedMedError(
          .usage, "two outputs in one place", file: path == "-" ? "standard output" : path)
      }
    }
  }

  /// What two spellings of one place have in common: the file's number, or where there is no file
  /// yet, its folder's and its name.
  private static func place(of path: String) -> String {
    var status = stat()
    if path == "-" {
      guard fstat(STDOUT_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        return "-"
      }
      return "\(status.st_dev):\(status.st_ino)"
    }
    if stat(path, &status) == 0 { return "\(status.st_dev):\(status.st_ino)" }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    guard stat(folder, &status) == 0 else { return path }
    return "\(status.st_dev):\(status.st_ino)/\(name)"
  }

  /// Writes text to `path`; nil and `-` are standard output.
  public static func write(
    text: String, to path: String?, inputs: [String] = []
  ) throws(FedMedError) {
    try write(to: path, inputs: inputs, isBinary: false) {
      descriptor, file throws(FedMedError) in
      try writeAll(text, to: descriptor, file: file)
    }
  }

  /// Appends text to a file, which is made where there is none, and makes sure that it is on disk.
  public static func append(_ text: String, to path: String) throws(FedMedError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw FedMedError(.cannotCreate, errno: errno, "open", file: path)
    }
    defer { close(descriptor) }
    try writeAll(text, to: descriptor, file: path)
    guard fsync(descriptor) == 0 else {
      throw FedMedError(.ioError, errno: errno, "write", file: path)
    }
  }

  static func writeAll(
    _ text: String, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, Array(rest), rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FedMedError(.ioError, errno: errno, "write", file: file) }
      rest = rest.dropFirst(count)
    }
  }

  /// A file that is written but has not got its name yet. Several can be published together.
  public final class Pending {
    private let path: String
    /// nil for a device or a pipe, which is written to directly.
    private var temporary: String?
    private var descriptor: Int32

    /// - Parameter isPrivate: a new file is its owner's alone.
    public init(
      path: String, inputs: [String] = [], isPrivate: Bool = false
    ) throws(FedMedError) {
      self.path = path
      var target = stat()
      let exists = stat(path, &target) == 0
      try Output.check(path, inputs: inputs, isBinary: true)
      guard !exists || target.st_mode & S_IFMT != S_IFDIR else {
        throw FedMedError(.cannotCreate, errno: EISDIR, "write", file: path)
      }
      if exists && target.st_mode & S_IFMT != S_IFREG {
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
      } else {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        var name = ""
        repeat {
          name = "\(path[..<slash]).\(path[slash...]).\(Self.suffix())"
          descriptor = Interruption.create(name)
        } while descriptor < 0 && errno == EEXIST
        if descriptor >= 0 {
          temporary = name
          // As any new file; until now it is its owner's alone.
          let mask = umask(0)
          umask(mask)
          let mode = exists ? target.st_mode & 0o777 : (isPrivate ? 0o600 : 0o666 & ~mask)
          guard fchmod(descriptor, mode) == 0 else {
            throw FedMedError(.cannotCreate, errno: errno, "create", file: path)
          }
        }
      }
      guard descriptor >= 0 else { throw Folder.cannotCreate(path, errno: errno) }
    }

    /// Six letters that no other process is likely to take.
    private static func suffix() -> String {
      String((0..<6).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" })
    }

    deinit {
      if descriptor >= 0 { close(descriptor) }
      if let temporary {
        unlink(temporary)
        Interruption.release(temporary)
      }
    }

    /// Has `body` write the content, and makes sure that it is on disk.
    public func write(_ body: Body) throws(FedMedError) {
      try body(descriptor, path)
      guard temporary == nil || fsync(descriptor) == 0 else {
        throw FedMedError(.ioError, errno: errno, "write", file: path)
      }
      let status = close(descriptor)
      descriptor = -1
      guard status == 0 else { throw FedMedError(.ioError, errno: errno, "write", file: path) }
    }

    /// Where the content is until it is published.
    var written: String { temporary ?? path }

    /// Gives the file its name.
    public func publish() throws(FedMedError) {
      guard let name = temporary else { return }
      guard rename(name, path) == 0 else {
        throw FedMedError(.cannotCreate, errno: errno, "create", file: path)
      }
      temporary = nil
      Interruption.release(name)
      let slash = path.lastIndex(of: "/")
      let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
      let directory = open(folder, O_RDONLY | O_CLOEXEC)
      if directory >= 0 {
        // Not every file system can sync a folder; the file itself is safe by now.
        fsync(directory)
        close(directory)
      }
    }
  }
}
