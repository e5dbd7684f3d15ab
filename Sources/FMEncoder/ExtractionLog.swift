import FMArchive
import FMBase
import Glibc

/// The features of the images done so far, a record an image, in their order: in a folder, where a
/// killed extraction can go on, or in a file without a name.
///
/// A record is the first 8 bytes of the SHA-256 of the image's mark, the first 8 of the SHA-256 of all
/// the rest, and the features in half precision; of an image that could not be read,
/// not-a-numbers. The file begins with the SHA-256 of the settings.
public final class ExtractionLog {
  private let file: StagingFile
  private let folder: String?
  private let dimension: Int
  /// How many images are known, and how many of those have been passed by.
  private var known = 0
  private var passed = 0
  private var isReadable: [Bool] = []

  private static let headSize = 32
  private var recordSize: Int { 16 + 2 * dimension }
  private var unreadable: [UInt8] { Array((0..<dimension).map { _ in [0x00, 0x7E] }.joined()) }

  /// - Parameters:
  ///   - settings: all that the features depend on beside the images.
  ///   - folder: made if it is not there; nil is a file without a name.
  ///   - batch: only whole batches are known.
  /// - Throws: `badData` where the folder holds something else, `tryAgain` where it is in use.
  public init(
    settings: String, dimension: Int, folder: String?, batch: Int
  ) throws(FedMedError) {
    (self.dimension, self.folder) = (dimension, folder)
    let head = SHA256.digest(Array(settings.utf8))
    guard let folder else {
      file = try StagingFile()
      try file.append(head)
      return
    }
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw FedMedError(.cannotCreate, errno: errno, "create", file: folder)
    }
    let names = try Folder.names(folder, failingWith: .cannotCreate)
    if let other = names.first(where: { ![".", "..", Self.name].contains($0) }) {
      throw FedMedError(
        .badData, "holds '\(printable(other))', which is not of an extraction", file: folder,
        hint: "name a folder that is empty or not there")
    }
    file = try StagingFile(path: "\(folder)/\(Self.name)")
    guard file.size >= Self.headSize else {
      try file.truncate(to: 0)
      try file.append(head)
      return
    }
    guard try file.bytes(Self.headSize, from: 0) == head else {
      throw FedMedError(
        .badData, "is of an extraction with another encoder or other settings", file: folder,
        hint: "remove it to begin anew")
    }
    // What was being written when the machine went down is not known.
    let complete = (file.size - Self.headSize) / recordSize
    while known < complete, try isIntact(known) { known += 1 }
    known = known / batch * batch
    try file.truncate(to: Self.headSize + known * recordSize)
  }

  private static let name = "features"

  /// Whether there is something to go on from.
  public var resumed: Int { known }

  private func record(_ index: Int) throws(FedMedError) -> [UInt8] {
    try file.bytes(recordSize, from: Self.headSize + index * recordSize)
  }

  private func isIntact(_ index: Int) throws(FedMedError) -> Bool {
    let record = try record(index)
    return Array(record[8..<16]) == Self.checksum(Array(record[..<8]) + record[16...])
  }

  private static func checksum(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.digest(bytes)[..<8]) }

  private static func label(_ mark: String) -> [UInt8] { checksum(Array(mark.utf8)) }

  /// Whether the next image is known, and if so, passes it by.
  /// - Throws: `badData` where another image stands in its place.
  func passes(_ mark: String) throws(FedMedError) -> Bool {
    guard passed < known else { return false }
    let record = try record(passed)
    guard Array(record[..<8]) == Self.label(mark) else {
      throw FedMedError(
        .badData, "is of an extraction of other images", file: folder,
        place: "image \(passed + 1)", hint: "remove it to begin anew")
    }
    passed += 1
    isReadable.append(Array(record[16...]) != unreadable)
    return true
  }

  /// Writes down a batch: marks and features [n, D] in half precision, nil for an image that
  /// could not be read.
  package func append(
    _ batch: [(mark: String, features: [UInt8]?)]
  ) throws(FedMedError) {
    var bytes: [UInt8] = []
    for image in batch {
      let label = Self.label(image.mark)
      let features = image.features ?? unreadable
      bytes += label + Self.checksum(label + features) + features
      isReadable.append(image.features != nil)
    }
    try file.append(bytes)
  }

  /// Which images could be read, and their features.
  /// - Throws: `badData` where images that are known did not come this time.
  public func finish() throws(FedMedError) -> (read: [Int], rows: FeatureRows) {
    guard passed == known else {
      throw FedMedError(
        .badData, "is of an extraction of more images", file: folder,
        hint: "remove it to begin anew")
    }
    let read = isReadable.indices.filter { isReadable[$0] }
    let offsets = read.map { Self.headSize + $0 * recordSize + 16 }
    return (read, FeatureRows(file, offsets: offsets, as: .float16, dimension: dimension))
  }

  /// Removes the folder: its work is done.
  public func remove() throws(FedMedError) {
    guard let folder else { return }
    guard unlink("\(folder)/\(Self.name)") == 0 else {
      throw FedMedError(.ioError, errno: errno, "remove", file: folder)
    }
    // It stays where something else was put into it, or where it is the folder that we are in.
    rmdir(folder)
  }
}
