import FMBase
import Glibc

/// An open file, pipe or standard input, read sequentially from the beginning.
public final class ByteSource {
  /// The name used in messages.
  public let name: String
  package let descriptor: Int32
  private var pushedBack: [UInt8] = []
  /// The number of bytes read so far.
  public private(set) var bytesRead = 0

  /// Opens `path`; `-` is standard input.
  /// - Throws: `noInput` if it cannot be opened or is a folder.
  public init(path: String) throws(FedMedError) {
    guard path != "-" else {
      name = "standard input"
      descriptor = STDIN_FILENO
      StandardInput.announce()
      return
    }
    name = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FedMedError(.noInput, errno: errno, "open", file: path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw FedMedError(.noInput, errno: EISDIR, "read", file: path)
    }
  }

  /// Opens a file that is no pipe or device: opening a pipe would block until another process writes to it.
  /// - Throws: `noInput` if it cannot be opened or is not a plain file; `badData` if it is larger than `limit`
  ///   bytes.
  package convenience init(plainFile path: String, limit: Int) throws(FedMedError) {
    var status = stat()
    guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw FedMedError(.noInput, "not a plain file", file: path)
    }
    try self.init(path: path)
    try requireSize(atMost: limit)
  }

  /// Takes ownership of `descriptor`, which must be at the beginning of the file.
  package init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// The size of a regular file in bytes; `nil` for a pipe.
  package var size: Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Checks a file's size before reading it, because a sparse file may be larger than any disk.
  /// - Throws: `badData` if it is larger than `limit` bytes.
  package func requireSize(atMost limit: Int) throws(FedMedError) {
    if let size, size > limit { throw tooLarge(limit) }
  }

  /// The error for a source that is larger than `limit` bytes.
  package func tooLarge(_ limit: Int) -> FedMedError {
    FedMedError(.badData, "larger than \(limit) bytes", file: name)
  }

  /// Whether `path` is a regular file, which can be opened and read a second time.
  public static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether `path` exists; a dangling link counts.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Reads the bytes available now into `buffer`, and returns their number; 0 at the end.
  /// - Throws: `ioError` if reading fails.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FedMedError) -> Int {
    if !pushedBack.isEmpty {
      let count = min(pushedBack.count, buffer.count)
      buffer.copyBytes(from: pushedBack[..<count])
      pushedBack.removeFirst(count)
      return count
    }
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        bytesRead += count
        return count
      }
      guard errno == EINTR else { throw FedMedError(.ioError, errno: errno, "read", file: name) }
    }
  }

  /// The next `count` bytes without consuming them; fewer only at the end.
  /// - Throws: `ioError` if reading fails.
  public func peek(_ count: Int) throws(FedMedError) -> [UInt8] {
    var bytes = try read(upTo: count)
    swap(&bytes, &pushedBack)
    pushedBack += bytes
    return Array(pushedBack.prefix(count))
  }

  /// Reads the next `limit` bytes; fewer only at the end.
  /// - Throws: `ioError` if reading fails.
  public func read(upTo limit: Int) throws(FedMedError) -> [UInt8] {
    var bytes: [UInt8] = []
    // One byte more, so that reaching the end does not grow the array.
    bytes.reserveCapacity(min(limit, (size ?? 0) - min(bytesRead, size ?? 0) + 1, 1 << 28))
    var chunk = [UInt8](repeating: 0, count: min(limit, 1 << 16))
    while bytes.count < limit {
      let wanted = min(chunk.count, limit - bytes.count)
      let result = chunk.withUnsafeMutableBytes { buffer in
        Result { () throws(FedMedError) in
          try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
        }
      }
      let count = try result.get()
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// The rest of the source as text.
  /// - Throws: `badData` if it is longer than `limit` bytes, is not UTF-8, or contains a zero byte,
  ///   as sparse files do; `ioError` if reading fails.
  public func text(limit: Int) throws(FedMedError) -> String {
    try requireSize(atMost: limit)
    var bytes: [UInt8] = []
    while true {
      let more = try read(upTo: 1 << 20)
      if more.isEmpty { break }
      bytes += more
      guard bytes.count <= limit else { throw tooLarge(limit) }
      guard !more.contains(0) else {
        throw FedMedError(.badData, "not UTF-8 text: it contains a zero byte", file: name)
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FedMedError(.badData, "not UTF-8 text", file: name)
    }
    return text
  }
}
