import FMArchive
import FMBase

/// The files of an input, and the decoders that read them.
public struct SeriesInput {
  private let entries: [FileIndex.Entry]
  let pool: DecoderPool
  /// The name in messages.
  public let name: String

  /// The number of files.
  public var count: Int { entries.count }

  /// Lists the files of a folder and the folders in it, of a tar archive, or a single file. Members of an
  /// archive are copied to an unnamed temporary file, because slices are needed in another order.
  /// - Parameters:
  ///   - path: the path; `-` for a tar archive on standard input.
  ///   - program: the program that decodes; see ``DecoderPool``.
  /// - Throws: `noInput`, `badData` or `ioError` if it cannot be read.
  public init(path: String, program: String = "/proc/self/exe") throws(FedMedError) {
    name = path == "-" ? "standard input" : path
    if Folder.isFolder(path) {
      entries = try FileIndex.Entry.folder(path)
      pool = DecoderPool(program: program)
      return
    }
    if ByteSource.isRegularFile(path) {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      let own = DecoderPool(program: program)
      let start = try own.start(of: .path(path), count: FileIndex.startSize)
      if FileIndex.isMarked(start) || FileIndex.isVolume(path) || FileIndex.mayBeUnmarked(start) {
        (entries, pool) = ([FileIndex.Entry(path: path, name: name)], own)
        return
      }
    }
    let spool = try StagingFile()
    entries = try FileIndex.Entry.members(of: path, to: spool)
    pool = DecoderPool(program: program, spool: spool)
  }

  /// Reads the headers.
  /// - Parameters:
  ///   - unreadable: called for each damaged file; an error it throws ends the reading.
  ///   - progress: called with the number of files read.
  /// - Throws: the errors of `unreadable`; `badData` if there is no image.
  public func index(
    unreadable: (FedMedError) throws(FedMedError) -> Void, progress: (Int) -> Void
  ) throws(FedMedError) -> FileIndex {
    let index = try FileIndex(entries, pool, unreadable: unreadable, progress: progress)
    guard !index.files.isEmpty else {
      throw FedMedError(.badData, "no DICOM or NIfTI images", file: name)
    }
    return index
  }
}
