import FMArchive
import FMBase
import Glibc

/// The images of a site: a table of samples, where each sample's file is, and its class.
public struct ImageList: Sendable {
  public let table: Table
  /// Of files, or of members of a tar.
  public let paths: [String]
  /// nil where no class is known.
  public let labels: [Int]?
  public let classes: [String]
  /// What messages call it.
  public let name: String

  /// The images in a folder: of a folder of class folders the classes are their names; images in
  /// the folder itself are unlabelled. Names that begin with a point are passed over.
  /// - Parameter classes: the classes in their order; nil takes the folders' names in theirs.
  public init(folder: String, classes: [String]?) throws(FedMedError) {
    let folders = try Self.entries(folder, isFolder: true)
    let loose = try Self.entries(folder, isFolder: false)
    guard folders.isEmpty || loose.isEmpty else {
      throw FedMedError(
        .badData, "'\(printable(loose[0]))' is beside the class folders", file: folder,
        hint: "a table says which images are meant")
    }
    var names: [(class: String?, file: String)] = loose.map { (nil, $0) }
    for name in folders {
      if let inner = try Self.entries("\(folder)/\(name)", isFolder: true).first {
        throw FedMedError(
          .badData, "in a folder of a class folder", file: "\(folder)/\(name)/\(inner)",
          hint: "a table says which images belong to which class")
      }
      for file in try Self.entries("\(folder)/\(name)", isFolder: false) {
        names.append((name, file))
      }
    }
    try self.init(
      names: names, root: folder, classes: classes ?? (folders.isEmpty ? nil : folders),
      name: folder)
  }

  /// The images of a table.
  /// - Parameters:
  ///   - root: what the paths in the table are relative to; nil leaves them as they are.
  ///   - pathColumn: the column of the files.
  ///   - labelColumn: the column of the class, if the samples are labelled.
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

  /// Images that are known by what they are called: `class/file`, or `file` where none has a class.
  /// - Parameter root: the folder that they are in; nil where they are in none.
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

  /// The list of the images named by `indices`, in that order.
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
        .usage, "the samples name no classes", file: name, hint: "a file of their names does")
    }
    for row in table.rows {
      for cell in row where cell.utf8.contains(where: { $0 == 9 || $0 == 10 }) {
        throw FedMedError(.badData, "a name with a tab or a newline in it", file: name)
      }
    }
    for c in classes where !Name.isValid(c) {
      throw FedMedError(.badData, "'\(printable(c))' cannot be a class", file: name)
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
        throw FedMedError(.badData, "'\(printable(name))' is none of the classes", file: file)
      }
      result.append(number)
    }
    return result
  }

  /// The names of folders, or of everything else, in a folder.
  private static func entries(_ folder: String, isFolder: Bool) throws(FedMedError) -> [String] {
    try Folder.names(folder, failingWith: .noInput).filter { name in
      guard !name.hasPrefix(".") else { return false }
      // What cannot be looked at is told of when it is read.
      var status = stat()
      let found = stat("\(folder)/\(name)", &status) == 0
      return isFolder == (found && status.st_mode & S_IFMT == S_IFDIR)
    }
  }
}
