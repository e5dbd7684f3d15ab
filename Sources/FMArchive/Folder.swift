import FMBase
import Glibc

/// Queries about folders and their contents.
public enum Folder {
  /// Whether there is a folder at `path`.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The outermost missing ancestor folder of `path`; `nil` if its folder exists.
  public static func missingParent(of path: String) -> String? {
    let slashes = path.indices.filter { path[$0] == "/" && $0 > path.startIndex }
    return slashes.lazy.map { String(path[..<$0]) }.first { !isFolder($0) }
  }

  /// The error for a `path` that cannot be created; it names the folder if that is missing.
  public static func cannotCreate(_ path: String, errno number: Int32) -> FedMedError {
    if number == ENOENT, let parent = missingParent(of: path) {
      return FedMedError(
        .cannotCreate, "no such folder", file: parent, hint: "create it with mkdir -p")
    }
    return FedMedError(.cannotCreate, errno: number, "create", file: path)
  }

  /// The names in the folder at `path`, sorted by their bytes.
  /// - Throws: an error with `code` if the folder cannot be read.
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

  /// The paths of everything in the folder at `path`; empty if it cannot be read.
  public static func files(_ path: String) -> [String] {
    let names = try? names(path, failingWith: .noInput)
    return (names ?? []).map { "\(path)/\($0)" }
  }
}
