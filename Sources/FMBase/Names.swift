extension String {
  /// Whether this string sorts before `other` by UTF-8 bytes, as `LC_ALL=C sort` does. Sites,
  /// classes and files are sorted this way everywhere.
  public func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}

/// Names of sites, classes and samples from untrusted sources.
public enum Name {
  /// The held-out site.
  public static let global = "Global"

  /// Whether `name` is a valid name of a site, a class or a sample: not blank, at most 1,024 bytes,
  /// on one line, without tabs, and without invisible characters that could make it look like
  /// another name.
  public static func isValid(_ name: String) -> Bool {
    name.utf8.count <= 1024 && name.contains { !$0.isWhitespace }
      && name.unicodeScalars.allSatisfy(\.isVisible)
  }
}

/// Makes untrusted text safe to print: one line of at most `limit` characters, with `?` in place of
/// characters that are invisible or control a terminal. All text from files, other programs and
/// other machines must pass through it.
public func printable(_ text: String, limit: Int = 80) -> String {
  let safe = String(
    String.UnicodeScalarView(
      text.unicodeScalars.prefix(limit).map { $0.isVisible ? $0 : "?" }))
  return safe.isEmpty ? "(no name)" : safe
}

extension Unicode.Scalar {
  /// Whether the character is visible text: not a control or format character, a line separator or
  /// a code point without a glyph.
  package var isVisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    // Excludes variation selectors, fillers, and the Braille pattern without dots.
    default: !properties.isDefaultIgnorableCodePoint && value != 0x2800
    }
  }
}
