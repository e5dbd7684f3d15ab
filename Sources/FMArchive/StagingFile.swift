import FMBase
import Glibc

/// A file that is appended to and read at any offset. Only one thread at a time may use it.
package final class StagingFile: @unchecked Sendable {
  package let descriptor: Int32
  /// The folder or path used in messages.
  private let folder: String
  /// The size in bytes.
  package private(set) var size = 0

  /// Creates an unnamed temporary file in TMPDIR or /tmp, which disappears when it is closed or the
  /// process ends.
  /// - Throws: `cannotCreate` if it cannot be created.
  package init() throws(FedMedError) {
    folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/fedmed.XXXXXX".utf8CString)
    let opened = mkstemp(&template)
    guard opened >= 0 else {
      throw FedMedError(.cannotCreate, errno: errno, "create a temporary file", file: folder)
    }
    descriptor = opened
    // No other process may find the file, and no child process may inherit it.
    guard unlink(template) == 0, fcntl(opened, F_SETFD, FD_CLOEXEC) == 0 else {
      throw FedMedError(.ioError, errno: errno, "set up a temporary file", file: folder)
    }
  }

  /// Creates a temporary file with the given content.
  /// - Throws: `cannotCreate` or `ioError` if the temporary file fails.
  package convenience init(bytes: [UInt8]) throws(FedMedError) {
    try self.init()
    try append(bytes)
  }

  /// Copies the bytes of an archive unchanged.
  /// - Throws: `badData` if it is larger than an archive may be; `cannotCreate` or `ioError` if the
  ///   temporary file fails.
  package convenience init(archive source: ByteSource) throws(FedMedError) {
    try self.init()
    try fill(from: source, limit: ArchiveReader.fileLimit())
  }

  /// Opens or creates a file that outlives the process, with its old content, readable by its owner
  /// only.
  /// - Throws: `tryAgain` if another process has locked it, `cannotCreate` if it cannot be opened.
  package init(path: String) throws(FedMedError) {
    folder = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw FedMedError(.cannotCreate, errno: errno, "create", file: path)
    }
    var status = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw FedMedError(.tryAgain, "another process is using it", file: path)
    }
    guard fstat(descriptor, &status) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
      throw FedMedError(.ioError, errno: errno, "read", file: path)
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Truncates the file to `count` bytes.
  package func truncate(to count: Int) throws(FedMedError) {
    guard ftruncate(descriptor, off_t(count)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
      throw FedMedError(.ioError, errno: errno, "write", file: folder)
    }
    size = count
  }

  package func append(_ bytes: UnsafeRawBufferPointer) throws(FedMedError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        throw FedMedError(.ioError, errno: errno, "write", file: folder)
      }
      size += written
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  package func append(_ bytes: [UInt8]) throws(FedMedError) {
    try bytes.withUnsafeBytes { bytes in
      Result { () throws(FedMedError) in try append(bytes) }
    }.get()
  }

  /// Reads bytes at `offset` into `buffer`, and returns their number; 0 at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws(FedMedError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else {
        throw FedMedError(.ioError, errno: errno, "read", file: folder)
      }
    }
  }

  /// Reads exactly `count` bytes at `offset`.
  /// - Throws: `ioError` if the file is shorter.
  package func bytes(_ count: Int, from offset: Int) throws(FedMedError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FedMedError) in
        var filled = 0
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
          let step = try read(into: rest, from: offset + filled)
          guard step > 0 else {
            throw FedMedError(.ioError, "truncated while being read", file: folder)
          }
          filled += step
        }
      }
    }
    try result.get()
    return bytes
  }

  /// Appends the rest of `source`.
  /// - Throws: `badData` if the file would be larger than `limit` bytes.
  package func fill(from source: ByteSource, limit: Int = .max) throws(FedMedError) {
    try source.requireSize(atMost: limit)
    while true {
      let bytes = try source.read(upTo: 1 << 20)
      if bytes.isEmpty { return }
      guard size + bytes.count <= limit else { throw source.tooLarge(limit) }
      try append(bytes)
    }
  }

  /// Writes the whole file to an open file.
  /// - Parameter file: the target's name in messages.
  package func write(to target: Int32, file: String) throws(FedMedError) {
    for start in stride(from: 0, to: size, by: 1 << 20) {
      var rest = try bytes(min(1 << 20, size - start), from: start)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw FedMedError(.ioError, errno: errno, "write", file: file) }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// The SHA-256 of the whole file, in hexadecimal.
  package func checksum() throws(FedMedError) -> String {
    var hash = SHA256()
    for start in stride(from: 0, to: size, by: 1 << 20) {
      hash.update(try bytes(min(1 << 20, size - start), from: start)[...])
    }
    return hash.hexadecimal()
  }

  /// A source that reads the file from its beginning. The offset is shared, so use one source at a
  /// time.
  package func source(named name: String) throws(FedMedError) -> ByteSource {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, lseek(copy, 0, SEEK_SET) == 0 else {
      throw FedMedError(.ioError, errno: errno, "read", file: folder)
    }
    return ByteSource(descriptor: copy, name: name)
  }
}
