import FMBase
import FMMethods
import FMNumerics

/// What a member of an archive may look like.
struct MemberRule {
  package let name: String
  let types: [ElementType]
  package let shape: [Int]
  let isRequired: Bool

  init(_ name: String, _ types: [ElementType], _ shape: [Int], isRequired: Bool = true) {
    (self.name, self.types, self.shape, self.isRequired) = (name, types, shape, isRequired)
  }

  /// The arrays of a layout.
  package static func rules(_ layout: Layout, _ types: [ElementType], prefix: String = "")
    -> [MemberRule]
  {
    layout.map { MemberRule("\(prefix)\($0.name).npy", types, $0.shape) }
  }

  /// The most bytes that such a member may take, so that a small file cannot unpack to a large one.
  package func limit(_ type: ElementType) -> Int {
    switch type {
    case .json: return JSONLimits.report.bytes
    case .text: return min((shape.first ?? 0) * Manifest.longestLine, Table.sizeLimit)
    default:
      // The data, and a header that NumPy pads as it likes.
      let (bytes, overflow) = (ArrayHeader.count(shape) ?? .max)
        .multipliedReportingOverflow(by: type.size ?? 1)
      return overflow ? .max : min(bytes, ArchiveReader.sizeLimit) + 1 << 12
    }
  }
}

extension Manifest {
  /// The largest feature size. A model takes memory by its square, 134 MB at this limit.
  package static let largestDimension = 4096
  /// The largest number of classes.
  package static let largestClasses = 1 << 12

  /// The longest name of an encoder or a tool, in bytes of UTF-8.
  static let longestName = 256
  /// The most bytes that a line of text may take, on average over a member's lines.
  static let longestLine = 1 << 12

  /// Checks everything that a manifest alone can tell: the values of its keys, and for its kind
  /// which members there are, of which types and shapes.
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
        throw FedMedError(.badData, "has no place in an archive of \(kind.rawValue)", place: place)
      }
      try Self.check(member, rule, place)
      total += member.bytes
      guard total <= ArchiveReader.sizeLimit else {
        throw FedMedError(.badData, "more than \(ArchiveReader.sizeLimit) bytes", place: "members")
      }
    }
    for rule in rules where rule.isRequired && !names.contains(rule.name) {
      throw FedMedError(.badData, "not listed", place: rule.name)
    }
    // Arrays are taken in this order, which must be that of every other archive of the kind.
    let expected = rules.map(\.name).filter(names.contains)
    if let (member, name) = zip(members, expected).first(where: { $0.name != $1 }) {
      throw FedMedError(
        .badData, "listed in the place of \(name)", place: printable(member.name))
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
        .badData, "\(member.bytes) bytes, at most \(rule.limit(member.dtype))", place: place)
    }
    try Check.checksum(member.sha256, "members.sha256")
  }

  /// Checks the values of all keys but the members.
  package func validateValues() throws(FedMedError) {
    try Check.line(tool, "tool")
    try Check.value(
      (1...Self.largestClasses).contains(classes.count), "classes",
      "there must be from 1 to \(Self.largestClasses)")
    try Check.value(Set(classes).count == classes.count, "classes", "one is named twice")
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

  /// How many samples one site may have.
  package static func samples(_ value: Int) throws(FedMedError) {
    try self.value((0...(1 << 30)).contains(value), "samples", "out of range")
  }

  package static func name(_ name: String, _ key: String) throws(FedMedError) {
    try value(Name.isValid(name), key, "'\(printable(name))' cannot be a name")
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
    try value(isValid, key, "no SHA-256 checksum")
  }

  /// Whether `text` can name a rule, an optimiser or a predictor: lower-case letters, digits and hyphens.
  static func isWord(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
      }
  }
}
