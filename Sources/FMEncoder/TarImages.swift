import FMArchive
import FMBase

/// Images in a tar, plain or compressed, which is read once: a pipe will do.
///
/// A member's folder is its class; members beside any folder are unlabelled. With a table, the table
/// says which members are meant, and of which class they are. Folders are passed over, and names
/// that begin with a point.
public final class TarImages: ImageSource {
  public let list: ImageList? = nil

  private let tar: TarStream
  private let name: String
  /// The table's images, and which row has which member.
  private let table: (list: ImageList, rows: [String: Int])?
  private let classes: [String]?
  private var isAtEnd = false
  private var rows: [Int] = []
  private var names: [(class: String?, file: String)] = []

  /// - Parameters:
  ///   - path: the tar; `-` is standard input.
  ///   - table: the images that are meant, their paths being the members' names.
  ///   - classes: the classes in their order; nil takes the folders' names in theirs.
  public init(path: String, table: ImageList?, classes: [String]?) throws(FedMedError) {
    let source = try ByteSource(path: path)
    name = source.name
    self.classes = classes
    if let table {
      var rows: [String: Int] = [:]
      for (row, path) in table.paths.enumerated() {
        guard rows.updateValue(row, forKey: Self.parts(path).joined(separator: "/")) == nil else {
          throw FedMedError(.badData, "'\(printable(path))' is there twice", file: table.name)
        }
      }
      self.table = (table, rows)
    } else {
      self.table = nil
    }
    let stream = try DecompressedStream(source)
    // As long as it likes: members are read one at a time.
    stream.limit = .max
    tar = try TarStream(stream, file: name)
  }

  /// A path without what says nothing.
  private static func parts(_ path: String) -> [Substring] {
    path.split(separator: "/").filter { $0 != "." }
  }

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
            .badData, "in a folder of a class folder", file: name, place: printable(key),
            hint: "a table says which images belong to which class")
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
          hint: "tar follows links with -h and --hard-dereference"))
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
      throw FedMedError(.badData, "has an image of \(table.list.name) twice", file: name)
    }
    if let row = table.list.paths.indices.first(where: { !found.contains($0) }) {
      throw FedMedError(
        .badData, "lacks '\(printable(table.list.paths[row]))' of \(table.list.name)", file: name)
    }
    return table.list.gathering(rows)
  }
}
