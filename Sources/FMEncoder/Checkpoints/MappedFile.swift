import FMBase
import Glibc

/// A memory-mapped file, whose pages are read on access and released on request.
final class MappedFile: @unchecked Sendable {
  // Never changed after `init`, so any thread may read it.
  /// The bytes of the file; empty if the file is.
  package let bytes: UnsafeRawBufferPointer
  /// The path of the file.
  package let path: String

  /// Maps a file.
  /// - Throws: `noInput` if it is missing or not a plain file, `ioError` if it cannot be mapped.
  init(path: String) throws(FedMedError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FedMedError(.noInput, errno: errno, "open", file: path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FedMedError(.noInput, "not a plain file", file: path)
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw FedMedError(.ioError, errno: errno, "map", file: path)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Releases the memory of a range; later accesses read it again.
  package func release(_ range: Range<Int>) {
    guard let start = bytes.baseAddress else { return }
    let page = 4096
    let first = (range.lowerBound + page - 1) / page * page
    let last = range.upperBound / page * page
    guard first < last else { return }
    madvise(UnsafeMutableRawPointer(mutating: start + first), last - first, MADV_DONTNEED)
  }
}
