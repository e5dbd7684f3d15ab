extension String {
  /// Whether it comes before `other` by the bytes of their UTF-8, as `LC_ALL=C sort` has it: the order
  /// of sites, classes and files everywhere.
  public func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}

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
    try check(names.allSatisfy(Manifest.isName), "a class has a name that cannot be one")
    return names
  }

  /// The different values of a column, in their order.
  public static func distinct(_ values: [String]) -> [String] {
    Set(values).sorted { $0.precedes($1) }
  }
}

/// Text from outside, fit to be shown: on one line, without characters that are invisible or that steer a
/// terminal, and not too long. Everything from files, other programs and other machines goes through it.
public func printable(_ text: String, limit: Int = 80) -> String {
  let safe = String(
    String.UnicodeScalarView(
      text.unicodeScalars.prefix(limit).map { $0.isVisible ? $0 : "?" }))
  return safe.isEmpty ? "(no name)" : safe
}

extension Unicode.Scalar {
  /// Whether it stands for itself: no control or format character, no end of a line, nothing that is
  /// not shown.
  var isVisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    // Variation selectors, fillers, and a Braille pattern without dots.
    default: !properties.isDefaultIgnorableCodePoint && value != 0x2800
    }
  }
}
