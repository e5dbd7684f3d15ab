import Glibc

/// Folders that are written to.
public enum Folder {
  /// The names in the folder at `path`, in the order of their bytes.
  /// - Throws: `cannotCreate` where it cannot be read.
  public static func names(_ path: String) throws(FedMedError) -> [String] {
    guard let folder = opendir(path) else {
      throw FedMedError(.cannotCreate, errno: errno, "read", file: path)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
