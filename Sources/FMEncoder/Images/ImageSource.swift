import FMArchive
import FMBase
import Glibc

/// A source of images, one after the other.
public protocol ImageSource: AnyObject {
  /// The files that it reads; empty if they are not known in advance.
  var files: [String] { get }

  /// All images; `nil` if they are known only at the end.
  var list: ImageList? { get }

  /// Returns the next image; `nil` at the end.
  /// - Throws: `badData` or `ioError` if the source cannot be read on.
  func next() throws(FedMedError) -> ImageFile?

  /// Returns all images in the order in which they came. Call it at the end only.
  /// - Throws: `badData` if they do not match a given table, or are duplicates.
  func finish() throws(FedMedError) -> ImageList
}

/// Images that together make one sample, such as slices of a series.
public protocol Slices: Sendable {
  /// The number of images.
  var count: Int { get }

  /// Decodes an image; threads may decode several at a time.
  /// - Throws: `badData`, `noInput` or `ioError`, with the file, if it cannot be read.
  func slice(_ index: Int) throws(FedMedError) -> Raster
}

/// A sample before it is decoded: an image, or the slices of a series.
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
    /// Several images, whose features are averaged.
    case slices(any Slices)
    /// Nowhere: they could not be read.
    case unreadable(FedMedError)
  }

  /// Creates a sample with more than one image.
  public init(name: String, mark: String, slices: any Slices) {
    (self.name, self.mark, content) = (name, mark, .slices(slices))
  }

  package init(name: String, mark: String, content: Content) {
    (self.name, self.mark, self.content) = (name, mark, content)
  }

  /// The number of images.
  var count: Int {
    guard case .slices(let slices) = content else { return 1 }
    return slices.count
  }

  /// Decodes an image.
  /// - Throws: `badData`, `noInput` or `ioError` if it cannot be read.
  func image(_ index: Int, windows: [GrayWindow]) throws(FedMedError) -> Raster {
    if case .slices(let slices) = content { return try slices.slice(index) }
    let bytes = try bytes()
    do throws(FedMedError) {
      return try ImageDecoder.decode(bytes, windows: windows)
    } catch {
      throw error.naming(file: name)
    }
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
    case .slices: return []
    case .unreadable(let error): throw error
    case .file(let path):
      let source = try ByteSource(plainFile: path, limit: Self.sizeLimit)
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
  /// The paths of the images.
  public var files: [String] { images.paths }

  /// Returns the next image.
  /// - Throws: nothing; a missing file is reported when its bytes are read.
  public func next() throws(FedMedError) -> ImageFile? {
    guard position < images.paths.count else { return nil }
    let (path, sample) = (images.paths[position], images.table.rows[position][0])
    position += 1
    return ImageFile(
      name: path, mark: "\(Self.mark(path)) \(sample)", content: .file(path: path))
  }

  /// Identifies a file, independently of the path to its folder: inode, size and times. `-` if it is
  /// missing, which is reported when it is read.
  package static func mark(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "-" }
    return [
      Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
      status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ].map(String.init).joined(separator: " ")
  }

  /// Returns all images.
  /// - Throws: nothing.
  public func finish() throws(FedMedError) -> ImageList { images }
}
