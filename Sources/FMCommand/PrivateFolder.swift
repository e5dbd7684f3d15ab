import FedMed
import Glibc

/// A folder that only its owner can read, and that one process at a time uses.
public final class PrivateFolder {
  /// The path of the folder.
  public let path: String
  private let lock: Int32

  /// Opens the folder, which is created if it does not exist, and locks it.
  /// - Throws: `cannotCreate` if it cannot be created; `tryAgain` if another process uses it.
  public init(path: String) throws(FedMedError) {
    self.path = path
    try Self.create(path)
    lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw Folder.cannotCreate("\(path)/lock", errno: errno) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw FedMedError(.tryAgain, "in use by another process", file: path)
    }
  }

  deinit { if lock >= 0 { close(lock) } }

  private static func create(_ folder: String) throws(FedMedError) {
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw Folder.cannotCreate(folder, errno: errno)
    }
  }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Whether the folder has a file of that name.
  public func has(_ name: String) -> Bool { ByteSource.isRegularFile(file(name)) }

  /// Creates a folder in it, unless it exists.
  /// - Throws: `cannotCreate` if it cannot be created.
  public func makeFolder(_ name: String) throws(FedMedError) { try Self.create(file(name)) }

  /// Replaces a file, and syncs it.
  /// - Throws: `ioError` or `cannotCreate` if it cannot be written; the error of `body`.
  public func replace(_ name: String, _ body: Output.Body) throws(FedMedError) {
    let pending = try Output.Pending(path: file(name), isPrivate: true)
    try pending.write(body)
    try pending.publish()
  }
}
