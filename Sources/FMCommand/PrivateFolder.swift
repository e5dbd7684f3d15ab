import FedMed
import Glibc

/// A folder that only its owner can read, and that one process at a time uses.
public final class PrivateFolder {
  /// The path of the folder.
  public let path: String
  private let lock: Int32

  /// Opens the folder, which is created if it does not exist, and locks it.
  /// - Parameter isWaiting: whether to wait for another process that uses it.
  /// - Throws: `cannotCreate` if it cannot be created; `tryAgain` if another process uses it.
  public init(path: String, isWaiting: Bool = false) throws(FedMedError) {
    self.path = path
    try Self.create(path)
    lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw Folder.cannotCreate("\(path)/lock", errno: errno) }
    guard flock(lock, isWaiting ? LOCK_EX : LOCK_EX | LOCK_NB) == 0 else {
      throw FedMedError(.tryAgain, "in use by another process", file: path)
    }
  }

  deinit { if lock >= 0 { close(lock) } }

  private static func create(_ folder: String) throws(FedMedError) {
    if mkdir(folder, 0o700) != 0 {
      guard errno == EEXIST else { throw Folder.cannotCreate(folder, errno: errno) }
      // An existing folder may have been readable by others.
      guard chmod(folder, 0o700) == 0 else {
        throw FedMedError(.cannotCreate, errno: errno, "change the mode", file: folder)
      }
      return
    }
    // A power failure must not lose the folder after something was sent from it.
    let parent = folder.lastIndex(of: "/").map {
      $0 == folder.startIndex ? "/" : String(folder[..<$0])
    }
    let descriptor = open(parent ?? ".", O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      // A failure is ignored: not every file system can sync a folder.
      fsync(descriptor)
      close(descriptor)
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
