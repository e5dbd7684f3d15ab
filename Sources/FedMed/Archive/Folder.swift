import Glibc

/// What folders hold.
public enum Folder {
  /// Whether there is a folder at `path`.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
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
