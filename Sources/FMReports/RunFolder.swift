/// Paths in the folder of a run.
package enum RunFolder {
  /// The path of a run as its files' names begin with it: without a slash at the end.
  package static func path(_ path: String) -> String {
    path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
  }

  /// The relative path of a round's folder, such as `rounds/007`.
  package static func round(_ number: Int) -> String {
    let digits = String(number)
    return "rounds/" + String(repeating: "0", count: max(3 - digits.count, 0)) + digits
  }
}
