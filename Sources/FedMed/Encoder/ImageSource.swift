import Glibc

/// Where images come from, one after the other.
public protocol ImageSource: AnyObject {
  /// All images, where they are known before the end.
  var list: ImageList? { get }

  /// The next image; nil at the end.
  /// - Parameter isKnown: says of a name and a size in bytes that the content is not needed.
  func next(
    isKnown: (_ name: String, _ size: Int) throws(FedMedError) -> Bool
  ) throws(FedMedError) -> ImageFile?

  /// All images in the order in which they came, once the end is reached.
  func finish() throws(FedMedError) -> ImageList
}

/// An image before it is decoded.
public struct ImageFile: Sendable {
  /// What it is known by between runs.
  let name: String
  let size: Int
  let content: Content

  enum Content: Sendable {
    case file(path: String)
    case bytes([UInt8])
    case known
    case unreadable(FedMedError)
  }

  /// The largest file that is read: 256 MiB.
  static let sizeLimit = 1 << 28

  static func tooLarge(_ name: String) -> FedMedError {
    FedMedError(.badData, "larger than \(sizeLimit) bytes", file: name)
  }

  /// Its bytes.
  /// - Throws: `noInput` or `ioError` where the file cannot be read.
  func bytes() throws(FedMedError) -> [UInt8] {
    switch content {
    case .bytes(let bytes): return bytes
    case .known: return []
    case .unreadable(let error): throw error
    case .file(let path):
      let bytes = try ByteSource(path: path).read(upTo: Self.sizeLimit + 1)
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

  public func next(
    isKnown: (_ name: String, _ size: Int) throws(FedMedError) -> Bool
  ) throws(FedMedError) -> ImageFile? {
    guard position < images.paths.count else { return nil }
    let path = images.paths[position]
    position += 1
    var status = stat()
    // One that is not there is found out when it is read.
    let size = stat(path, &status) == 0 ? Int(status.st_size) : 0
    return ImageFile(
      name: path, size: size, content: try isKnown(path, size) ? .known : .file(path: path))
  }

  public func finish() throws(FedMedError) -> ImageList { images }
}
