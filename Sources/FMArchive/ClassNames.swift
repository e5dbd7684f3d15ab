import FMBase

/// Reading and collecting class names.
public enum ClassNames {
  /// Reads a file with one class name per line.
  /// - Throws: `noInput` if the file cannot be opened; `badData` if the number of classes is out of
  ///   range, or a name is duplicate or invalid.
  public static func read(path: String) throws(FedMedError) -> [String] {
    let names = Table.lines(try ByteSource(path: path).text(limit: 1 << 24)).map { String($0) }
    func check(_ valid: Bool, _ reason: String) throws(FedMedError) {
      guard valid else { throw FedMedError(.badData, reason, file: path) }
    }
    try check(
      (1...Manifest.largestClasses).contains(names.count),
      "\(names.count) classes, must be between 1 and \(Manifest.largestClasses)")
    try check(Set(names).count == names.count, "duplicate class name")
    try check(names.allSatisfy(Name.isValid), "invalid class name")
    return names
  }

  /// The distinct values of a column, sorted by the bytes of their UTF-8.
  public static func distinct(_ values: [String]) -> [String] {
    Set(values).sorted { $0.precedes($1) }
  }
}
