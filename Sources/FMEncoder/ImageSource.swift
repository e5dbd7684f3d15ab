import FMArchive
import FMBase
import Glibc

/// Where images come from, one after the other.
public protocol ImageSource: AnyObject {
  /// All images, where they are known before the end.
  var list: ImageList? { get }

  /// The next image; nil at the end.
  func next() throws(FedMedError) -> ImageFile?

  /// All images in the order in which they came, once the end is reached.
  func finish() throws(FedMedError) -> ImageList
}

/// An image before it is decoded.
public struct ImageFile: Sendable {
  /// What messages call it.
  package let name: String
  /// By which it is known again: never that of another image.
  package let mark: String
  package let content: Content

  package enum Content: Sendable {
    case file(path: String)
    case bytes([UInt8])
    case unreadable(FedMedError)
  }

  /// The largest file that is read: 256 MiB.
  package static let sizeLimit = 1 << 28

  package static func tooLarge(_ name: String) -> FedMedError {
    FedMedError(.badData, "larger than \(sizeLimit) bytes", file: name)
  }

  /// Its bytes.
  /// - Throws: `noInput` or `ioError` where the file cannot be read.
  package func bytes() throws(FedMedError) -> [UInt8] {
    switch content {
    case .bytes(let bytes): return bytes
    case .unreadable(let error): throw error
    case .file(let path):
      var status = stat()
      // To open a pipe would wait for who writes into it.
      guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
        throw FedMedError(.noInput, "not a file", file: path)
      }
      let source = try ByteSource(path: path)
      try source.requireSize(atMost: Self.sizeLimit)
      let bytes = try source.read(upTo: Self.sizeLimit + 1)
      guard bytes.count <= Self.sizeLimit else { throw Self.tooLarge(path) }
      return bytes
    }
  }
}

/// Images in files of their own.
public final class FileImages: ImageSource {
  private let images: ImageList
  private var position = 0

  public init(_ images: ImageList) { self.images = images }

  public var list: ImageList? { images }

  public func next() throws(FedMedError) -> ImageFile? {
    guard position < images.paths.count else { return nil }
    let (path, sample) = (images.paths[position], images.table.rows[position][0])
    position += 1
    // Which file it is, wherever the folder is seen from; one that is not there is found out later.
    var status = stat()
    let isThere = stat(path, &status) == 0
    let mark =
      isThere
      ? [
        Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
        status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
      ].map(String.init).joined(separator: " ") : "-"
    return ImageFile(name: path, mark: "\(mark) \(sample)", content: .file(path: path))
  }

  public func finish() throws(FedMedError) -> ImageList { images }
}
