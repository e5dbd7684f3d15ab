import FedMed
import Glibc

/// The output of a tool.
///
/// A file is written under a temporary name in its folder, synced and renamed. A failure or a
/// signal therefore leaves nothing behind, and an old file stays until the new one is complete.
public enum Output {
  /// A function that writes the content to an open descriptor; `file` is its name in messages.
  public typealias Body = (_ descriptor: Int32, _ file: String) throws(FedMedError) -> Void

  /// Writes the output of `body` to `path`; `nil` and `-` are standard output.
  /// - Parameters:
  ///   - inputs: the files that are read; the output must not be one of them.
  ///   - isBinary: whether the output is refused on a terminal.
  ///   - key: the key that signs the file; `nil` if it is not signed. The signature is published
  ///     first, so that nobody finds the file without it.
  ///   - isPrivate: whether only its owner may read a new file.
  /// - Throws: `usage` if the output is an input, a stream to be signed, or an archive on a
  ///   terminal; `cannotCreate` or `ioError` if writing or signing fails; the error of `body`.
  public static func write(
    to path: String?, inputs: [String] = [], isBinary: Bool, signedBy key: SigningKey? = nil,
    isPrivate: Bool = false, _ body: Body
  ) throws(FedMedError) {
    guard let path, path != "-" else {
      guard key == nil else {
        throw FedMedError(.usage, "--sign requires an output file, not standard output")
      }
      try check(path, isBinary: isBinary)
      return try body(STDOUT_FILENO, "standard output")
    }
    let pending = try Pending(path: path, inputs: inputs, isPrivate: isPrivate)
    try pending.write(body)
    if let key {
      let signature = try key.signature(of: pending.written)
      try write(text: signature, to: "\(path).sig", inputs: inputs)
    }
    try pending.publish()
  }

  /// Checks that an output is not a terminal if it is binary, and not one of the inputs. Tools call
  /// it before they start to work; writing checks again.
  /// - Throws: `usage` if it is.
  public static func check(
    _ path: String?, inputs: [String] = [], isBinary: Bool
  ) throws(FedMedError) {
    guard let path, path != "-" else {
      guard !isBinary || isatty(STDOUT_FILENO) == 0 else {
        throw FedMedError(
          .usage, "refusing to write an archive to a terminal",
          hint: "redirect standard output, or use -o FILE")
      }
      return
    }
    var target = stat()
    guard stat(path, &target) == 0, target.st_mode & S_IFMT == S_IFREG else { return }
    for input in inputs {
      var status = stat()
      let failure = input == "-" ? fstat(STDIN_FILENO, &status) : stat(input, &status)
      guard failure != 0 || status.st_dev != target.st_dev || status.st_ino != target.st_ino
      else { throw FedMedError(.usage, "is both an input and an output", file: path) }
    }
  }

  /// Checks that no two outputs have the same place. `nil` is an output that was not requested, `-`
  /// is standard output. A device such as /dev/null may receive several.
  /// - Throws: `usage` if two outputs have the same place.
  public static func checkDistinct(_ paths: [String?]) throws(FedMedError) {
    var seen: Set<String> = []
    for path in paths.compactMap({ $0 }) {
      var status = stat()
      if path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR { continue }
      guard seen.insert(place(of: path)).inserted else {
        throw FedMedError(
          .usage, "is named for two outputs", file: path == "-" ? "standard output" : path)
      }
    }
  }

  /// A text that is equal for two spellings of the same place: the numbers of the device and the
  /// file; or if the file does not exist yet, those of its folder, followed by the file's name.
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

  /// Writes text to `path`; `nil` and `-` are standard output.
  /// - Parameters:
  ///   - inputs: the files that are read; the output must not be one of them.
  ///   - isPrivate: whether only its owner may read a new file.
  /// - Throws: `usage` if the output is an input; `cannotCreate` or `ioError` if writing fails.
  public static func write(
    text: String, to path: String?, inputs: [String] = [], isPrivate: Bool = false
  ) throws(FedMedError) {
    try write(to: path, inputs: inputs, isBinary: false, isPrivate: isPrivate) {
      descriptor, file throws(FedMedError) in
      try writeAll(text, to: descriptor, file: file)
    }
  }

  /// Appends text to a file and syncs it. Creates the file if it does not exist.
  /// - Throws: `cannotCreate` if the file cannot be opened, `ioError` if writing fails.
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

  /// Writes `text` to a descriptor, in as many calls as it takes.
  /// - Throws: `ioError` if writing fails.
  public static func writeAll(
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

  /// A file that is written under a temporary name until it is published. A tool can write several
  /// files first and then publish all of them.
  public final class Pending {
    private let path: String
    /// The temporary name; `nil` for a device or a pipe, which is written to directly.
    private var temporary: String?
    private var descriptor: Int32

    /// Creates the temporary file.
    /// - Parameters:
    ///   - path: the final name.
    ///   - inputs: the files that are read; the output must not be one of them.
    ///   - isPrivate: whether only its owner may read a new file.
    /// - Throws: `usage` if the output is an input; `cannotCreate` if the file cannot be created.
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
          // The file was created for its owner alone; it gets the usual mode of a new file, or that
          // of the file that it replaces.
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

    /// Six random letters.
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

    /// Writes the content with `body`, and syncs and closes the file.
    /// - Throws: `ioError` if writing fails; the error of `body`.
    public func write(_ body: Body) throws(FedMedError) {
      try body(descriptor, path)
      guard temporary == nil || fsync(descriptor) == 0 else {
        throw FedMedError(.ioError, errno: errno, "write", file: path)
      }
      let status = close(descriptor)
      descriptor = -1
      guard status == 0 else { throw FedMedError(.ioError, errno: errno, "write", file: path) }
    }

    /// The name under which the content can be read until it is published.
    var written: String { temporary ?? path }

    /// Gives the file its final name, replacing an older file.
    /// - Throws: `cannotCreate` if it cannot be renamed.
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
        // A failure is ignored: not every file system can sync a folder, and the file is synced.
        fsync(directory)
        close(directory)
      }
    }
  }
}
