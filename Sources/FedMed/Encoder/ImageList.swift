import Glibc

/// The images of a site: a table of samples, where each sample's file is, and its class.
public struct ImageList: Sendable {
  public let table: Table
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
    name = folder
    let folders = try Self.entries(folder, S_IFDIR)
    var (rows, paths): ([[String]], [String]) = ([], [])
    if folders.isEmpty {
      for file in try Self.entries(folder, S_IFREG) {
        rows.append([file])
        paths.append("\(folder)/\(file)")
      }
      table = Table(header: ["sample"], rows: rows)
    } else {
      for name in folders {
        for file in try Self.entries("\(folder)/\(name)", S_IFREG) {
          rows.append(["\(name)/\(file)", name])
          paths.append("\(folder)/\(name)/\(file)")
        }
      }
      table = Table(header: ["sample", "label"], rows: rows)
    }
    self.paths = paths
    self.classes = classes ?? folders
    labels = try folders.isEmpty ? nil : Self.numbers(rows.map { $0[1] }, self.classes, folder)
    try check()
  }

  /// The images of a table.
  /// - Parameters:
  ///   - root: what the paths in the table are relative to.
  ///   - pathColumn: the column of the files.
  ///   - labelColumn: the column of the class, if the samples are labelled.
  public init(
    table: Table, root: String, pathColumn: String, labelColumn: String?, classes: [String]?,
    name: String
  ) throws(FedMedError) {
    self.name = name
    self.table = table
    do throws(FedMedError) {
      paths = try table.column(pathColumn).map { $0.hasPrefix("/") ? $0 : "\(root)/\($0)" }
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

  private func check() throws(FedMedError) {
    guard !table.rows.isEmpty else { throw FedMedError(.badData, "no images", file: name) }
    guard !classes.isEmpty else {
      throw FedMedError(.usage, "the samples name no classes", file: name, hint: "--classes does")
    }
    for row in table.rows {
      for cell in row where cell.utf8.contains(where: { $0 == 9 || $0 == 10 }) {
        throw FedMedError(.badData, "a name with a tab or a newline in it", file: name)
      }
    }
    for c in classes where !Manifest.isName(c) {
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

  private static func entries(_ folder: String, _ type: mode_t) throws(FedMedError) -> [String] {
    try Folder.names(folder, failingWith: .noInput).filter { name in
      var status = stat()
      return !name.hasPrefix(".") && stat("\(folder)/\(name)", &status) == 0
        && status.st_mode & S_IFMT == type
    }
  }
}
