extension String {
  /// Whether it comes before `other` by the bytes of their UTF-8, as `LC_ALL=C sort` has it: the order
  /// of sites, classes and files everywhere.
  public func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}

/// Names from outside.
public enum Name {
  /// The site that is held out.
  public static let global = "Global"

  /// Whether `name` can name a site, a class or a sample: not empty, on one line, without tabs, and
  /// without invisible characters that could make it look like another name.
  public static func isValid(_ name: String) -> Bool {
    name.utf8.count <= 1024 && name.contains { !$0.isWhitespace }
      && name.unicodeScalars.allSatisfy(\.isVisible)
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
  package var isVisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    // Variation selectors, fillers, and a Braille pattern without dots.
    default: !properties.isDefaultIgnorableCodePoint && value != 0x2800
    }
  }
}
