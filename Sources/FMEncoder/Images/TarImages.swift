import FMArchive
import FMBase

/// Images in a tar archive, plain or compressed, which is read once, so that it may be a pipe.
///
/// A member's folder is its class; members outside folders are unlabeled. With a table, only its
/// images are read, and the table gives their classes. Folders and names that begin with a dot are
/// ignored.
public final class TarImages: ImageSource {
  /// Unknown before the end.
  public let list: ImageList? = nil
  /// Unknown before the end.
  public let files: [String] = []

  private let tar: TarStream
  private let name: String
  /// The images of the table, and the row of each member in it.
  private let table: (list: ImageList, rows: [String: Int])?
  private let classes: [String]?
  private var isAtEnd = false
  private var rows: [Int] = []
  private var names: [(class: String?, file: String)] = []

  /// Opens an archive.
  /// - Parameters:
  ///   - path: the archive; `-` for standard input.
  ///   - table: the images to read, whose paths are the members' names; `nil` for all.
  ///   - classes: the classes in order; `nil` for the sorted names of the folders.
  /// - Throws: `noInput` or `ioError` if it cannot be read, `badData` if it is not an archive, or
  ///   the table has a duplicate path.
  public init(path: String, table: ImageList?, classes: [String]?) throws(FedMedError) {
    let source = try ByteSource(path: path)
    name = source.name
    self.classes = classes
    if let table {
      var rows: [String: Int] = [:]
      for (row, path) in table.paths.enumerated() {
        guard rows.updateValue(row, forKey: Self.parts(path).joined(separator: "/")) == nil else {
          throw FedMedError(.badData, "duplicate path '\(printable(path))'", file: table.name)
        }
      }
      self.table = (table, rows)
    } else {
      self.table = nil
    }
    let stream = try DecompressedStream(source)
    // The archive may have any length, because only one member at a time is in memory.
    stream.limit = .max
    tar = try TarStream(stream, file: name)
  }

  /// The components of a path, without empty ones and `.`.
  private static func parts(_ path: String) -> [Substring] {
    path.split(separator: "/").filter { $0 != "." }
  }

  /// Returns the next image; one that cannot be read throws when its bytes are read.
  /// - Throws: `badData` if the archive is invalid or an image is nested too deeply, `ioError` if
  ///   it cannot be read on.
  public func next() throws(FedMedError) -> ImageFile? {
    while !isAtEnd, let entry = try tar.next() {
      let parts = Self.parts(entry.name)
      guard entry.kind != .folder, let file = parts.last else { continue }
      let key = parts.joined(separator: "/")
      if let table {
        guard let row = table.rows[key] else { continue }
        rows.append(row)
      } else {
        guard !parts.contains(where: { $0.hasPrefix(".") }) else { continue }
        guard parts.count <= 3 else {
          throw FedMedError(
            .badData, "nested inside a class folder", file: name, place: printable(key),
            hint: "use a table to assign images to classes")
        }
        names.append((parts.dropLast().last.map { String($0) }, String(file)))
      }
      return try image(entry, key)
    }
    isAtEnd = true
    return nil
  }

  private func image(_ entry: TarStream.Entry, _ key: String) throws(FedMedError) -> ImageFile {
    let name = "\(name): \(printable(key))"
    func unreadable(_ error: FedMedError) -> ImageFile {
      ImageFile(name: name, mark: key, content: .unreadable(error))
    }
    guard entry.kind == .file else {
      return unreadable(
        FedMedError(
          .badData, "not a plain file", file: name,
          hint: "use tar -h --hard-dereference to follow links"))
    }
    guard entry.size <= ImageFile.sizeLimit else { return unreadable(ImageFile.tooLarge(name)) }
    var bytes = [UInt8](repeating: 0, count: entry.size)
    let count = try bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FedMedError) in try tar.read(into: buffer, place: printable(entry.name)) }
    }.get()
    guard count == entry.size else { throw FedMedError(.badData, "truncated", file: name) }
    let mark = "\(SHA256.hexadecimal(SHA256.digest(bytes))) \(key)"
    return ImageFile(name: name, mark: mark, content: .bytes(bytes))
  }

  /// Returns all images in the order in which they came.
  /// - Throws: `badData` if the archive is truncated, images are duplicates, their classes are
  ///   invalid, or an image of the table is missing; `usage` if there are no classes.
  public func finish() throws(FedMedError) -> ImageList {
    try tar.finish()
    guard let table else {
      let list = try ImageList(names: names, root: nil, classes: classes, name: name)
      guard Set(list.paths).count == list.paths.count else {
        throw FedMedError(.badData, "two images have the same class and name", file: name)
      }
      return list
    }
    let found = Set(rows)
    guard found.count == rows.count else {
      throw FedMedError(
        .badData, "duplicate image of \(table.list.name)", file: name)
    }
    if let row = table.list.paths.indices.first(where: { !found.contains($0) }) {
      throw FedMedError(
        .badData, "missing '\(printable(table.list.paths[row]))' of \(table.list.name)", file: name)
    }
    return table.list.gathering(rows)
  }
}
