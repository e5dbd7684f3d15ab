import FMArchive
import FMBase
import Glibc

/// The features of the images encoded so far, one record per image, in order. The log is kept in a
/// folder, from which a killed extraction can resume, or in an unnamed temporary file.
///
/// A record consists of the first 8 bytes of the SHA-256 of the image's mark, the first 8 bytes of
/// the SHA-256 of the rest, and the features in half precision, which are NaN if the image could
/// not be read. The file begins with the SHA-256 of the settings.
public final class ExtractionLog {
  private let file: StagingFile
  private let folder: String?
  private let dimension: Int
  /// The number of images with records, and how many of them the source has passed again.
  private var known = 0
  private var skipped = 0
  private var isReadable: [Bool] = []

  private static let headSize = 32
  private var recordSize: Int { 16 + 2 * dimension }
  private var unreadable: [UInt8] { Array((0..<dimension).map { _ in [0x00, 0x7E] }.joined()) }

  /// Opens or creates a log.
  /// - Parameters:
  ///   - settings: all that the features depend on except the images.
  ///   - folder: created if it does not exist; `nil` for a temporary file.
  /// - Throws: `badData` if the folder contains other files or another extraction, `tryAgain` if it
  ///   is in use, `cannotCreate` or `ioError` if it cannot be written.
  public init(
    settings: String, dimension: Int, folder: String?
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
        .badData, "contains '\(printable(other))', which does not belong to an extraction",
        file: folder, hint: "use a folder that is empty or does not exist")
    }
    file = try StagingFile(path: "\(folder)/\(Self.name)")
    guard file.size >= Self.headSize else {
      try file.truncate(to: 0)
      try file.append(head)
      return
    }
    guard try file.bytes(Self.headSize, from: 0) == head else {
      throw FedMedError(
        .badData, "belongs to an extraction with another encoder or other settings", file: folder,
        hint: "remove it to start over")
    }
    // A crash may have left a partial or corrupted record.
    let complete = (file.size - Self.headSize) / recordSize
    while known < complete, try isIntact(known) { known += 1 }
    try file.truncate(to: Self.headSize + known * recordSize)
  }

  private static let name = "features"

  /// The number of images encoded by an earlier run; 0 if the extraction is not resumed.
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

  /// Skips the next image if it has a record.
  /// - Returns: whether it did.
  /// - Throws: `badData` if the record is that of another image.
  func skipIfKnown(_ mark: String) throws(FedMedError) -> Bool {
    guard skipped < known else { return false }
    let record = try record(skipped)
    guard Array(record[..<8]) == Self.label(mark) else {
      throw FedMedError(
        .badData, "belongs to an extraction of other images", file: folder,
        place: "image \(skipped + 1)", hint: "remove it to start over")
    }
    skipped += 1
    isReadable.append(Array(record[16...]) != unreadable)
    return true
  }

  /// Appends a batch: marks and features [n, D] in half precision, `nil` for an image that could
  /// not be read.
  /// - Throws: `ioError` if the log cannot be written.
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

  /// Returns which images could be read, and their features.
  /// - Throws: `badData` if the log has more records than the source has images.
  public func finish() throws(FedMedError) -> (read: [Int], rows: FeatureRows) {
    guard skipped == known else {
      throw FedMedError(
        .badData, "belongs to an extraction of more images", file: folder,
        hint: "remove it to start over")
    }
    let read = isReadable.indices.filter { isReadable[$0] }
    let offsets = read.map { Self.headSize + $0 * recordSize + 16 }
    return (read, FeatureRows(file, offsets: offsets, as: .float16, dimension: dimension))
  }

  /// Removes the folder after a finished extraction.
  /// - Throws: `ioError` if the log cannot be removed.
  public func remove() throws(FedMedError) {
    guard let folder else { return }
    guard unlink("\(folder)/\(Self.name)") == 0 else {
      throw FedMedError(.ioError, errno: errno, "remove", file: folder)
    }
    // The folder stays if it contains other files or is the working directory.
    rmdir(folder)
  }
}
