import FMBase
import Glibc

/// What folders hold.
public enum Folder {
  /// Whether there is a folder at `path`.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The folder that something at `path` would be in and that is missing, the outermost one; nil where it
  /// is there.
  public static func missingParent(of path: String) -> String? {
    let slashes = path.indices.filter { path[$0] == "/" && $0 > path.startIndex }
    return slashes.lazy.map { String(path[..<$0]) }.first { !isFolder($0) }
  }

  /// An error for a path that cannot be created: where its folder is missing, it names the folder.
  public static func cannotCreate(_ path: String, errno number: Int32) -> FedMedError {
    if number == ENOENT, let parent = missingParent(of: path) {
      return FedMedError(.cannotCreate, "no such folder", file: parent, hint: "mkdir -p makes it")
    }
    return FedMedError(.cannotCreate, errno: number, "create", file: path)
  }

  /// The names in the folder at `path`, in the order of their bytes.
  /// - Throws: an error of the given code where it cannot be read.
  public static func names(
    _ path: String, failingWith code: FedMedError.Code
  ) throws(FedMedError) -> [String] {
    guard let folder = opendir(path) else {
      throw FedMedError(code, errno: errno, "read", file: path)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted { $0.precedes($1) }
  }

  /// The places of everything in the folder at `path`; none where it cannot be read.
  public static func files(_ path: String) -> [String] {
    let names = try? names(path, failingWith: .noInput)
    return (names ?? []).map { "\(path)/\($0)" }
  }
}
