import FMBase
import Glibc

/// An open file, pipe or standard input, read from the beginning.
public final class ByteSource {
  /// What messages call it.
  public let name: String
  package let descriptor: Int32
  private var pushedBack: [UInt8] = []
  /// How many bytes have come out of it.
  public private(set) var bytesRead = 0

  /// Opens `path`; `-` is standard input.
  /// - Throws: `noInput` where it cannot be opened or is a folder.
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

  /// Takes over `descriptor`, from its beginning.
  package init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// The size of a plain file; nil of a pipe.
  package var size: Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Looks at a file's size before anything of it is read: a sparse file may be larger than any disk.
  /// - Throws: `badData` where it is larger than `limit` bytes.
  package func requireSize(atMost limit: Int) throws(FedMedError) {
    if let size, size > limit { throw tooLarge(limit) }
  }

  package func tooLarge(_ limit: Int) -> FedMedError {
    FedMedError(.badData, "larger than \(limit) bytes", file: name)
  }

  /// Whether it can be opened a second time and read again.
  public static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether there is anything of that name.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Fills `buffer` as far as there is something to read now; 0 is the end.
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

  /// The next bytes, at most `count`, without using them up; fewer only at the end.
  public func peek(_ count: Int) throws(FedMedError) -> [UInt8] {
    var bytes = try read(upTo: count)
    swap(&bytes, &pushedBack)
    pushedBack += bytes
    return Array(pushedBack.prefix(count))
  }

  /// The next bytes, at most `limit`; fewer only at the end.
  public func read(upTo limit: Int) throws(FedMedError) -> [UInt8] {
    var bytes: [UInt8] = []
    // One more, so that the end is seen without taking more memory.
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

  /// Everything to the end, as text.
  /// - Throws: `badData` where it is longer than `limit` bytes or not UTF-8, or has a zero byte, as
  ///   sparse files have.
  public func text(limit: Int) throws(FedMedError) -> String {
    try requireSize(atMost: limit)
    var bytes: [UInt8] = []
    while true {
      let more = try read(upTo: 1 << 20)
      if more.isEmpty { break }
      bytes += more
      guard bytes.count <= limit else { throw tooLarge(limit) }
      guard !more.contains(0) else {
        throw FedMedError(.badData, "not UTF-8 text: it has a zero byte", file: name)
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FedMedError(.badData, "not UTF-8 text", file: name)
    }
    return text
  }
}
