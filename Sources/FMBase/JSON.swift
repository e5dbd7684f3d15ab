import Glibc

/// A JSON value whose objects keep the order of their keys.
///
/// Typed values are decoded by Foundation's `JSONDecoder`, after `init(parsing:limits:)` has
/// checked the text. Encoding is done here because Foundation's encoder cannot keep the order of
/// keys.
public enum JSON: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number without fraction or exponent that fits in an `Int`.
  case integer(Int)
  /// Any other number; written as `null` if it is not finite.
  case number(Double)
  /// A number already formatted with a fixed number of decimal places.
  case decimal(String)
  /// A string.
  case string(String)
  /// An array.
  case array([JSON])
  /// An object, with its members in order.
  case object([Member])

  /// A key of an object with its value.
  public struct Member: Equatable, Sendable {
    /// The key, without quotes or escapes.
    public let key: String
    /// The value.
    public let value: JSON

    /// Creates a member.
    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// A number rounded to `places` decimal places; `null` if `value` is `nil`, not finite, or 10⁹ or
  /// more.
  public static func rounded(_ value: Double?, places: Int) -> JSON {
    guard let value, value.isFinite, value.magnitude < 1e9 else { return .null }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let units = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && units > 0 ? "-" : ""
    guard places > 0 else { return .decimal("\(sign)\(units)") }
    let fraction = String(units % scale)
    let zeros = String(repeating: "0", count: places - fraction.count)
    return .decimal("\(sign)\(units / scale).\(zeros)\(fraction)")
  }

  /// A number rounded to six significant digits; `null` if `value` is `nil` or not finite.
  public static func significant(_ value: Double?) -> JSON {
    guard let value, value.isFinite, value != 0 else { return rounded(value, places: 6) }
    let exponent = Int(log10(value.magnitude).rounded(.down))
    guard (-12...3).contains(exponent) else { return .number(value) }
    return rounded(value, places: 5 - exponent)
  }

  /// An object of the members whose value is not `nil`.
  public static func object(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { pair in pair.value.map { Member(key: pair.key, value: $0) } })
  }

  /// An array of strings.
  public static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  /// The text indented by two spaces, as `jq .` prints it, without a final newline.
  public var text: String { write(indent: "\n") }

  /// Returns `text` with all lines but the first indented by `spaces`, to embed it in other text.
  public func text(indentedBy spaces: Int) -> String {
    write(indent: "\n" + String(repeating: " ", count: spaces))
  }

  /// The text on one line.
  public var line: String { write(indent: nil) }

  private func write(indent: String?) -> String {
    switch self {
    case .null: return "null"
    case .boolean(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .decimal(let text): return text
    case .string(let value): return Self.quote(value)
    case .array(let values):
      return Self.list("[", values.map { value in { value.write(indent: $0) } }, "]", indent)
    case .object(let members):
      let items = members.map { member in
        { (indent: String?) in "\(Self.quote(member.key)): \(member.value.write(indent: indent))" }
      }
      return Self.list("{", items, "}", indent)
    }
  }

  private static func list(
    _ open: String, _ items: [(String?) -> String], _ close: String, _ indent: String?
  ) -> String {
    if items.isEmpty { return open + close }
    guard let indent else {
      return open + items.map { $0(nil) }.joined(separator: ", ") + close
    }
    let inner = indent + "  "
    return open + inner + items.map { $0(inner) }.joined(separator: "," + inner) + indent + close
  }

  private static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isVisible: result.unicodeScalars.append(scalar)
      default:
        for unit in Character(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    return result + "\""
  }
}

extension JSON {
  /// Returns the first place where this value differs from `other`, ignoring the order of keys and
  /// the notation of numbers; `nil` if they are equal.
  package func difference(from other: JSON, at place: String) -> String? {
    switch (self, other) {
    case (.object(let a), .object(let b)):
      let (mine, theirs) = (Self.values(a), Self.values(b))
      for member in a + b {
        let spot = "\(place).\(member.key)"
        let key = Array(member.key.utf8)
        guard let x = mine[key], let y = theirs[key] else { return printable(spot) }
        if let found = x.difference(from: y, at: spot) { return found }
      }
      return nil
    case (.array(let a), .array(let b)) where a.count == b.count:
      for (x, y) in zip(a, b) {
        if let found = x.difference(from: y, at: place) { return found }
      }
      return nil
    case (.integer(let a), .integer(let b)): return a == b ? nil : printable(place)
    default:
      if let a = number, let b = other.number { return a == b ? nil : printable(place) }
      return self == other ? nil : printable(place)
    }
  }

  /// Keys are compared as bytes because Swift considers canonically equivalent strings equal.
  private static func values(_ members: [Member]) -> [[UInt8]: JSON] {
    Dictionary(members.map { (Array($0.key.utf8), $0.value) }) { first, _ in first }
  }

  private var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .decimal(let text): Double(text)
    default: nil
    }
  }

  /// Calls `body` with every string value, keys excluded.
  func forEachString(_ body: (String) throws(FedMedError) -> Void) throws(FedMedError) {
    switch self {
    case .string(let text): try body(text)
    case .array(let items): for item in items { try item.forEachString(body) }
    case .object(let members): for member in members { try member.value.forEachString(body) }
    default: break
    }
  }
}
