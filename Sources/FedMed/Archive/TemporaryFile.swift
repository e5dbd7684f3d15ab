import Glibc

/// A file without a name, in TMPDIR or /tmp, that is gone when it is closed or its process ends.
final class TemporaryFile {
  private let descriptor: Int32
  private let folder: String
  private(set) var size = 0

  init() throws(FedMedError) {
    folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/fedmed.XXXXXX".utf8CString)
    let opened = mkstemp(&template)
    guard opened >= 0 else {
      throw FedMedError(.cannotCreate, errno: errno, "create a temporary file", file: folder)
    }
    descriptor = opened
    unlink(template)
  }

  deinit { close(descriptor) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(FedMedError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = write(descriptor, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        throw FedMedError(.ioError, errno: errno, "write a temporary file", file: folder)
      }
      size += written
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Fills `buffer` with the bytes from `offset` on.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws(FedMedError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else {
        throw FedMedError(.ioError, errno: errno, "read a temporary file", file: folder)
      }
    }
  }

  /// Appends everything that `source` has.
  func fill(from source: ByteSource) throws(FedMedError) {
    while true {
      let bytes = try source.read(upTo: 1 << 20)
      if bytes.isEmpty { return }
      let result = bytes.withUnsafeBytes { bytes in
        Result { () throws(FedMedError) in try append(bytes) }
      }
      try result.get()
    }
  }

  /// The file as a source of its own, from its beginning; at most one at a time.
  func source(named name: String) throws(FedMedError) -> ByteSource {
    let copy = dup(descriptor)
    guard copy >= 0, lseek(copy, 0, SEEK_SET) == 0 else {
      throw FedMedError(.ioError, errno: errno, "read a temporary file", file: folder)
    }
    return ByteSource(descriptor: copy, name: name)
  }
}
