import FMArchive
import FMBase
import FMEncoder
import FMNumerics
import Glibc

/// The images among some files, by their headers.
public struct FileIndex: Sendable {
  /// A file to read.
  struct Entry: Sendable {
    let name: String
    let place: FilePlace
    let mark: String
  }

  private(set) var files: [IndexedFile] = []
  private var others: [IndexedFile.OtherKind: Int] = [:]
  /// The number of files in other formats.
  public private(set) var foreign = 0
  /// The number of files that repeat an image.
  public private(set) var duplicates = 0
  /// The number of images whose header says that text may be burned into the pixels.
  public var withText: Int { files.count { $0.mayShowText } }

  /// How many objects are not images, such as `2 structured reports`; empty if there are none.
  public var otherObjects: [String] {
    IndexedFile.OtherKind.allCases.compactMap { kind in
      guard kind != .directory, let count = others[kind] else { return nil }
      return "\(count) \(kind.rawValue)"
    }
  }

  /// Reads the headers of files.
  /// - Parameters:
  ///   - unreadable: called for each damaged file; an error it throws ends the reading.
  ///   - progress: called with the number of files read.
  /// - Throws: the errors of `unreadable`.
  init(
    _ entries: [Entry], _ pool: DecoderPool,
    unreadable: (FedMedError) throws(FedMedError) -> Void, progress: (Int) -> Void
  ) throws(FedMedError) {
    var instances: Set<String> = []
    for start in stride(from: 0, to: entries.count, by: Self.chunk) {
      var part = entries[start..<min(start + Self.chunk, entries.count)].map {
        (entry: $0, result: Result<IndexedFile.Reading, FedMedError>?.none)
      }
      Parallel.update(&part) { $0.result = Self.read($0.entry, pool) }
      for (entry, result) in part {
        switch result {
        case .success(.image(let file)):
          if let instance = file.instance, !instances.insert(instance).inserted {
            duplicates += 1
          } else {
            files.append(file)
          }
        case .success(.other(let kind)): others[kind, default: 0] += 1
        case .failure(let error):
          try unreadable(error.naming(file: entry.place.path(named: entry.name)))
        case nil: foreign += 1
        }
      }
      progress(start + part.count)
    }
  }

  private static let chunk = 64

  /// Reads a header; `nil` if the file is in another format.
  private static func read(
    _ entry: Entry, _ pool: DecoderPool
  ) -> Result<IndexedFile.Reading, FedMedError>? {
    let start: [UInt8]
    do throws(FedMedError) {
      start = try pool.start(of: entry.place, count: startSize)
    } catch {
      return .failure(error)
    }
    let name = entry.name.lowercased()
    let isMarked = isMarked(start) || isVolume(name) || name.hasSuffix(".dcm")
    guard isMarked || mayBeUnmarked(start) else { return nil }
    do throws(FedMedError) {
      return .success(
        try IndexedFile.read(
          pool.header(entry.place), name: entry.name, place: entry.place, mark: entry.mark,
          size: pool.size(of: entry.place), start: start))
    } catch {
      return isMarked ? .failure(error) : nil
    }
  }

  /// The number of first bytes by which a file is recognized, and told from others.
  static let startSize = 4096

  /// Whether a file may be an old one without a mark: it begins with an element of group 2 or 8.
  static func mayBeUnmarked(_ start: [UInt8]) -> Bool {
    [[2, 0], [8, 0], [0, 8]].contains(Array(start.prefix(2)))
  }

  /// Whether a file has the name of a NIfTI volume.
  static func isVolume(_ name: String) -> Bool {
    name.hasSuffix(".nii") || name.hasSuffix(".nii.gz")
  }

  /// Whether a file begins as DICOM files do.
  static func isMarked(_ start: [UInt8]) -> Bool {
    start.count >= 132 && Array(start[128..<132]) == Array("DICM".utf8)
  }
}

extension FileIndex.Entry {
  /// The files in a folder and the folders in it; names that begin with a dot are ignored.
  /// - Throws: `noInput` if the folder cannot be read.
  static func folder(_ root: String) throws(FedMedError) -> [FileIndex.Entry] {
    var entries: [FileIndex.Entry] = []
    // Links may lead back to a folder.
    var (waiting, seen): ([String], Set<String>) = ([""], [])
    while let prefix = waiting.popLast() {
      var status = stat()
      guard
        stat("\(root)/\(prefix)", &status) != 0
          || seen.insert("\(status.st_dev) \(status.st_ino)").inserted
      else { continue }
      for name in try Folder.names(
        root + (prefix.isEmpty ? "" : "/\(prefix)"), failingWith: .noInput)
      where !name.hasPrefix(".") {
        let relative = prefix.isEmpty ? name : "\(prefix)/\(name)"
        if Folder.isFolder("\(root)/\(relative)") {
          waiting.append(relative)
        } else {
          entries.append(FileIndex.Entry(path: "\(root)/\(relative)", name: relative))
        }
      }
    }
    return entries.sorted { $0.name.precedes($1.name) }
  }

  /// A file.
  init(path: String, name: String) {
    self.init(name: name, place: .path(path), mark: FileImages.mark(path))
  }

  /// The members of a tar archive, which are copied to `spool`; names that begin with a dot are ignored.
  /// - Throws: `noInput`, `badData` or `ioError` if the archive cannot be read; `ioError` if it cannot be
  ///   copied.
  static func members(
    of path: String, to spool: StagingFile
  ) throws(FedMedError) -> [FileIndex.Entry] {
    let source = try ByteSource(path: path)
    let stream = try DecompressedStream(source)
    stream.limit = .max
    let tar = try TarStream(stream, file: source.name)
    var entries: [FileIndex.Entry] = []
    while let entry = try tar.next() {
      let parts = entry.name.split(separator: "/").filter { $0 != "." }
      guard entry.kind == .file, !parts.contains(where: { $0.hasPrefix(".") }) else { continue }
      let (begin, name) = (spool.size, parts.joined(separator: "/"))
      var (left, hash) = (entry.size, SHA256())
      while left > 0 {
        var bytes = [UInt8](repeating: 0, count: min(left, 1 << 20))
        let count = try bytes.withUnsafeMutableBytes { buffer in
          Result { () throws(FedMedError) in
            try tar.read(into: buffer, place: printable(entry.name))
          }
        }.get()
        guard count == bytes.count else {
          throw FedMedError(.badData, "truncated", file: source.name, place: printable(name))
        }
        hash.update(bytes[...])
        try spool.append(bytes)
        left -= count
      }
      entries.append(
        FileIndex.Entry(
          name: name, place: .spooled(start: begin, size: entry.size), mark: hash.hexadecimal()))
    }
    try tar.finish()
    return withoutCommonFolder(entries).sorted { $0.name.precedes($1.name) }
  }

  /// The members of an archive of a single folder, relative to that folder like the files of a folder. A
  /// folder of a subject (BIDS) stays.
  private static func withoutCommonFolder(_ entries: [FileIndex.Entry]) -> [FileIndex.Entry] {
    guard let first = entries.first, let slash = first.name.firstIndex(of: "/") else {
      return entries
    }
    let folder = first.name[...slash]
    guard !folder.hasPrefix("sub-"), entries.allSatisfy({ $0.name.hasPrefix(folder) }) else {
      return entries
    }
    return entries.map {
      FileIndex.Entry(
        name: String($0.name.dropFirst(folder.count)), place: $0.place, mark: $0.mark)
    }
  }
}
