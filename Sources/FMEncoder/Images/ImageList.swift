import FMArchive
import FMBase
import Glibc

/// The images of a site: a table of samples, and the file and the class of each.
public struct ImageList: Sendable {
  /// The table of samples, one per image.
  public let table: Table
  /// The paths of files, or the names of tar members.
  public let paths: [String]
  /// The class of each image; `nil` if the images are not labeled.
  public let labels: [Int]?
  /// The names of the classes.
  public let classes: [String]
  /// The name in messages.
  public let name: String

  /// Lists the images in a folder. If it contains class folders, their names are the classes;
  /// images directly in the folder are unlabeled. Names that begin with a dot are ignored.
  /// - Parameter classes: the classes in order; `nil` for the sorted names of the folders.
  /// - Throws: `noInput` if a folder cannot be read, `badData` if images are both inside and beside
  ///   class folders, nested deeper, or of an unknown class, `usage` if there are no classes.
  public init(folder: String, classes: [String]?) throws(FedMedError) {
    let folders = try Self.entries(folder, isFolder: true)
    let loose = try Self.entries(folder, isFolder: false)
    guard folders.isEmpty || loose.isEmpty else {
      throw FedMedError(
        .badData, "'\(printable(loose[0]))' is beside the class folders", file: folder,
        hint: "use a table to choose the images")
    }
    var names: [(class: String?, file: String)] = loose.map { (nil, $0) }
    for name in folders {
      if let inner = try Self.entries("\(folder)/\(name)", isFolder: true).first {
        throw FedMedError(
          .badData, "nested inside a class folder", file: "\(folder)/\(name)/\(inner)",
          hint: "use a table to assign images to classes")
      }
      for file in try Self.entries("\(folder)/\(name)", isFolder: false) {
        names.append((name, file))
      }
    }
    try self.init(
      names: names, root: folder, classes: classes ?? (folders.isEmpty ? nil : folders),
      name: folder)
  }

  /// Lists the images of a table.
  /// - Parameters:
  ///   - root: the folder of relative paths in the table; `nil` keeps them unchanged.
  ///   - pathColumn: the column with the paths.
  ///   - labelColumn: the column with the class; `nil` if the images are not labeled.
  ///   - classes: the classes in order; `nil` for those in the table.
  /// - Throws: `badData` if a column is missing, a class is unknown or a name is invalid, `usage`
  ///   if there are no classes.
  public init(
    table: Table, root: String?, pathColumn: String, labelColumn: String?, classes: [String]?,
    name: String
  ) throws(FedMedError) {
    self.name = name
    self.table = table
    do throws(FedMedError) {
      paths = try table.column(pathColumn).map { path in
        root.map { path.hasPrefix("/") ? path : "\($0)/\(path)" } ?? path
      }
      if let labelColumn {
        let names = try table.column(labelColumn)
        self.classes =
          classes ?? ClassNames.distinct(names)
        labels = try Self.numbers(names, self.classes, name)
      } else {
        (labels, self.classes) = (nil, classes ?? [])
      }
    } catch {
      throw error.naming(file: name)
    }
    try check()
  }

  /// Lists images by their names: `class/file`, or `file` if they have no class.
  /// - Parameter root: the folder that contains them; `nil` if they are not in a folder.
  /// - Throws: `badData` if only some have a class, a class is unknown or a name is invalid,
  ///   `usage` if there are no classes.
  package init(
    names: [(class: String?, file: String)], root: String?, classes: [String]?, name: String
  ) throws(FedMedError) {
    self.name = name
    let own = names.compactMap(\.class)
    guard own.isEmpty || own.count == names.count else {
      throw FedMedError(.badData, "some images are in class folders and some are not", file: name)
    }
    let samples = names.map { name in name.class.map { "\($0)/\(name.file)" } ?? name.file }
    paths = samples.map { sample in root.map { "\($0)/\(sample)" } ?? sample }
    table = Table(
      header: own.isEmpty ? ["sample"] : ["sample", "label"],
      rows: zip(samples, names).map { [$0] + ($1.class.map { [$0] } ?? []) })
    self.classes = classes ?? ClassNames.distinct(own)
    labels = try own.isEmpty ? nil : Self.numbers(own, self.classes, name)
    try check()
  }

  /// Returns the images given by `indices`, in that order.
  package func gathering(_ indices: [Int]) -> ImageList { ImageList(self, indices) }

  private init(_ all: ImageList, _ indices: [Int]) {
    table = all.table.gathering(indices)
    paths = indices.map { all.paths[$0] }
    labels = all.labels.map { labels in indices.map { labels[$0] } }
    (classes, name) = (all.classes, all.name)
  }

  private func check() throws(FedMedError) {
    guard !table.rows.isEmpty else { throw FedMedError(.badData, "no images", file: name) }
    guard !classes.isEmpty else {
      throw FedMedError(
        .usage, "no classes: the samples are not labeled", file: name,
        hint: "list the class names in a file")
    }
    for row in table.rows {
      for cell in row where cell.utf8.contains(where: { $0 == 9 || $0 == 10 }) {
        throw FedMedError(.badData, "a name contains a tab or a newline", file: name)
      }
    }
    for c in classes where !Name.isValid(c) {
      throw FedMedError(.badData, "invalid class name '\(printable(c))'", file: name)
    }
  }

  private static func numbers(
    _ names: [String], _ classes: [String], _ file: String
  ) throws(FedMedError) -> [Int] {
    let numbers = Dictionary(
      zip(classes, classes.indices), uniquingKeysWith: { first, _ in first })
    var result: [Int] = []
    for name in names {
      guard let number = numbers[name] else {
        throw FedMedError(
          .badData, "unknown class '\(printable(name))'", file: file,
          hint: "known classes: \(printable(classes.joined(separator: ", ")))")
      }
      result.append(number)
    }
    return result
  }

  /// Returns the names of the folders in a folder, or of everything else.
  private static func entries(_ folder: String, isFolder: Bool) throws(FedMedError) -> [String] {
    try Folder.names(folder, failingWith: .noInput).filter { name in
      guard !name.hasPrefix(".") else { return false }
      // Entries that cannot be examined are reported when they are read.
      var status = stat()
      let found = stat("\(folder)/\(name)", &status) == 0
      return isFolder == (found && status.st_mode & S_IFMT == S_IFDIR)
    }
  }
}
