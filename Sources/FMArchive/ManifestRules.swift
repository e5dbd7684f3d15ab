import FMBase
import FMMethods
import FMNumerics

/// The allowed types and shape of an archive member.
package struct MemberRule {
  package let name: String
  let types: [ElementType]
  package let shape: [Int]
  let isRequired: Bool

  init(_ name: String, _ types: [ElementType], _ shape: [Int], isRequired: Bool = true) {
    (self.name, self.types, self.shape, self.isRequired) = (name, types, shape, isRequired)
  }

  /// The rules for the arrays of a layout.
  package static func rules(_ layout: Layout, _ types: [ElementType], prefix: String = "")
    -> [MemberRule]
  {
    layout.map { MemberRule("\(prefix)\($0.name).npy", types, $0.shape) }
  }

  /// The most bytes of a file in an archive.
  package static let fileLimit = 8 << 20

  /// The most bytes that such a member may have, so that a small file cannot decompress to a huge
  /// one.
  package func limit(_ type: ElementType) -> Int {
    switch type {
    case .json: return JSONLimits.report.bytes
    case .file: return Self.fileLimit
    case .text: return min((shape.first ?? 0) * Manifest.longestLine, Table.sizeLimit)
    default:
      // The data plus a header, which NumPy may pad generously.
      let (bytes, overflow) = (ArrayHeader.count(shape) ?? .max)
        .multipliedReportingOverflow(by: type.size ?? 1)
      return overflow ? .max : min(bytes, ArchiveReader.sizeLimit) + 1 << 12
    }
  }
}

extension Manifest {
  /// The largest number of features. A model's memory grows with its square: 134 MB at this limit.
  package static let largestDimension = 4096
  /// The largest number of classes.
  package static let largestClasses = 1 << 12

  /// The longest name of an encoder or a tool, in bytes of UTF-8.
  static let longestName = 256
  /// The most bytes of a line of text, averaged over the lines of a member.
  static let longestLine = 1 << 12

  /// Checks everything that can be checked in a manifest alone: the values of its keys, and for its
  /// kind the members, their types and their shapes.
  /// - Throws: `badData` with the place in the manifest.
  package func validate() throws(FedMedError) {
    try validateValues()
    let rules = try payload.content.memberRules(classes: classes.count)
    var names: Set<String> = []
    var total = 0
    for member in members {
      let place = printable(member.name)
      guard names.insert(member.name).inserted else {
        throw FedMedError(.badData, "listed twice", place: place)
      }
      guard let rule = rules.first(where: { $0.name == member.name }) else {
        throw FedMedError(
          .badData, "not allowed in an archive of kind \(kind.rawValue)", place: place)
      }
      try Self.check(member, rule, place)
      total += member.bytes
      guard total <= ArchiveReader.sizeLimit else {
        throw FedMedError(
          .badData, "more than \(ArchiveReader.sizeLimit) bytes in all", place: "members")
      }
    }
    for rule in rules where rule.isRequired && !names.contains(rule.name) {
      throw FedMedError(.badData, "not listed", place: rule.name)
    }
    // Arrays are read in this order, which must be the same for every archive of the kind.
    let expected = rules.map(\.name).filter(names.contains)
    if let (member, name) = zip(members, expected).first(where: { $0.name != $1 }) {
      throw FedMedError(
        .badData, "out of order, expected \(name)", place: printable(member.name))
    }
  }

  private static func check(
    _ member: Member, _ rule: MemberRule, _ place: String
  ) throws(FedMedError) {
    guard rule.types.contains(member.dtype) else {
      throw FedMedError(
        .badData, "\(member.dtype.rawValue), expected \(rule.types[0].rawValue)", place: place)
    }
    guard member.shape == rule.shape else {
      throw FedMedError(
        .badData, "shape \(member.shape), expected \(rule.shape)", place: place)
    }
    guard (0...rule.limit(member.dtype)).contains(member.bytes) else {
      throw FedMedError(
        .badData, "\(member.bytes) bytes, must be at most \(rule.limit(member.dtype))", place: place
      )
    }
    try Check.checksum(member.sha256, "members.sha256")
  }

  /// Checks the values of all keys except the members.
  /// - Throws: `badData` with the key.
  package func validateValues() throws(FedMedError) {
    try Check.line(tool, "tool")
    try Check.value(
      (1...Self.largestClasses).contains(classes.count), "classes",
      "\(classes.count) classes, must be between 1 and \(Self.largestClasses)")
    try Check.value(Set(classes).count == classes.count, "classes", "duplicate name")
    for name in classes { try Check.name(name, "classes") }
    try payload.content.validate()
  }
}

/// Checks of single values; each throws `badData` with the key.
enum Check {
  package static func value(_ isValid: Bool, _ key: String, _ reason: String) throws(FedMedError) {
    guard isValid else { throw FedMedError(.badData, reason, place: key) }
  }

  package static func round(_ value: Int, _ key: String) throws(FedMedError) {
    try self.value((0...1_000_000_000).contains(value), key, "out of range")
  }

  /// Checks the number of samples of one site.
  package static func samples(_ value: Int) throws(FedMedError) {
    try self.value((0...(1 << 30)).contains(value), "samples", "out of range")
  }

  package static func name(_ name: String, _ key: String) throws(FedMedError) {
    try value(Name.isValid(name), key, "invalid name '\(printable(name))'")
  }

  package static func line(_ text: String, _ key: String) throws(FedMedError) {
    try value(
      Name.isValid(text) && text.utf8.count <= Manifest.longestName, key,
      "must be one line of at most \(Manifest.longestName) bytes")
  }

  package static func checksum(_ text: String?, _ key: String) throws(FedMedError) {
    let isValid =
      text.map { text in
        text.utf8.count == 64
          && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
      } ?? true
    try value(isValid, key, "not a SHA-256 checksum")
  }

  /// Whether `text` can name a rule, an optimizer or a predictor: 1 to 64 lower-case letters,
  /// digits and hyphens.
  static func isWord(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
      }
  }
}
