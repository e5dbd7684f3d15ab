/// Paths in the folder of a run.
package enum RunFolder {
  /// The relative path of a round's folder, such as `rounds/007`.
  package static func round(_ number: Int) -> String {
    let digits = String(number)
    return "rounds/" + String(repeating: "0", count: max(3 - digits.count, 0)) + digits
  }
}
