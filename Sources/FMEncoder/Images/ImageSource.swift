import FMArchive
import FMBase
import Glibc

/// A source of images, one after the other.
public protocol ImageSource: AnyObject {
  /// All images; `nil` if they are known only at the end.
  var list: ImageList? { get }

  /// Returns the next image; `nil` at the end.
  /// - Throws: `badData` or `ioError` if the source cannot be read on.
  func next() throws(FedMedError) -> ImageFile?

  /// Returns all images in the order in which they came. Call it at the end only.
  /// - Throws: `badData` if they do not match a given table, or are duplicates.
  func finish() throws(FedMedError) -> ImageList
}

/// An image before it is decoded.
public struct ImageFile: Sendable {
  /// The name in messages.
  package let name: String
  /// Identifies the image in an extraction log; no two images have the same mark.
  package let mark: String
  /// Where the image's bytes are.
  package let content: Content

  /// Where an image's bytes are.
  package enum Content: Sendable {
    /// In a file.
    case file(path: String)
    /// In memory.
    case bytes([UInt8])
    /// Nowhere: they could not be read.
    case unreadable(FedMedError)
  }

  /// The maximal size of a file: 256 MiB.
  package static let sizeLimit = 1 << 28

  /// The error for an image file above the limit.
  package static func tooLarge(_ name: String) -> FedMedError {
    FedMedError(.badData, "larger than \(sizeLimit) bytes", file: name)
  }

  /// Reads the image's bytes.
  /// - Throws: `noInput` or `ioError` if the file cannot be read, `badData` if it is too large.
  package func bytes() throws(FedMedError) -> [UInt8] {
    switch content {
    case .bytes(let bytes): return bytes
    case .unreadable(let error): throw error
    case .file(let path):
      var status = stat()
      // Opening a pipe would block until another process writes to it.
      guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
        throw FedMedError(.noInput, "not a plain file", file: path)
      }
      let source = try ByteSource(path: path)
      try source.requireSize(atMost: Self.sizeLimit)
      let bytes = try source.read(upTo: Self.sizeLimit + 1)
      guard bytes.count <= Self.sizeLimit else { throw Self.tooLarge(path) }
      return bytes
    }
  }
}

/// Images in separate files.
public final class FileImages: ImageSource {
  private let images: ImageList
  private var position = 0

  /// Creates a source of the listed images.
  public init(_ images: ImageList) { self.images = images }

  /// All images.
  public var list: ImageList? { images }

  /// Returns the next image.
  /// - Throws: nothing; a missing file is reported when its bytes are read.
  public func next() throws(FedMedError) -> ImageFile? {
    guard position < images.paths.count else { return nil }
    let (path, sample) = (images.paths[position], images.table.rows[position][0])
    position += 1
    // Identifies the file, independently of the path to its folder. A missing file is reported
    // later.
    var status = stat()
    let exists = stat(path, &status) == 0
    let mark =
      exists
      ? [
        Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
        status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
      ].map(String.init).joined(separator: " ") : "-"
    return ImageFile(name: path, mark: "\(mark) \(sample)", content: .file(path: path))
  }

  /// Returns all images.
  /// - Throws: nothing.
  public func finish() throws(FedMedError) -> ImageList { images }
}
