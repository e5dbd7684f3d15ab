import FMBase

/// The classes' names.
public enum ClassNames {
  /// Reads a file with a name a line.
  /// - Throws: `badData` for too few or too many, one named twice, or one that cannot be a name.
  public static func read(path: String) throws(FedMedError) -> [String] {
    let names = Table.lines(try ByteSource(path: path).text(limit: 1 << 24)).map { String($0) }
    func check(_ valid: Bool, _ reason: String) throws(FedMedError) {
      guard valid else { throw FedMedError(.badData, reason, file: path) }
    }
    try check((1...Manifest.largestClasses).contains(names.count), "\(names.count) classes")
    try check(Set(names).count == names.count, "a class is named twice")
    try check(names.allSatisfy(Name.isValid), "a class has a name that cannot be one")
    return names
  }

  /// The different values of a column, in their order.
  public static func distinct(_ values: [String]) -> [String] {
    Set(values).sorted { $0.precedes($1) }
  }
}
