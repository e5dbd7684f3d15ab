import Glibc

/// A JSON value whose objects keep the order of their keys.
///
/// Foundation's `JSONDecoder` makes typed values of a text that `init(parsing:limits:)` has checked; its
/// encoder cannot keep an order.
public enum JSON: Equatable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  /// A number with a fixed number of decimal places, written as it is to be read.
  case decimal(String)
  case string(String)
  case array([JSON])
  case object([Member])

  public struct Member: Equatable, Sendable {
    public let key: String
    public let value: JSON

    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// A number with a fixed number of decimal places; null where there is none.
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

  /// A number with six significant digits, however small; null where there is none.
  public static func significant(_ value: Double?) -> JSON {
    guard let value, value.isFinite, value != 0 else { return rounded(value, places: 6) }
    let exponent = Int(log10(value.magnitude).rounded(.down))
    guard (-12...3).contains(exponent) else { return .number(value) }
    return rounded(value, places: 5 - exponent)
  }

  /// An object without the keys whose value is nil.
  public static func object(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { pair in pair.value.map { Member(key: pair.key, value: $0) } })
  }

  public static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  /// Indented by two spaces, as `jq .` prints it; without a newline at the end.
  public var text: String { write(indent: "\n") }

  /// The same inside of another text, each line but the first behind so many spaces.
  public func text(indentedBy spaces: Int) -> String {
    write(indent: "\n" + String(repeating: " ", count: spaces))
  }

  /// On one line.
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
  /// The first place where this value differs from `other`, whatever the order of keys and the spelling
  /// of numbers; nil where they are equal.
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

  /// By the keys' bytes, because equal text may have different ones.
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

  /// All texts in it, keys excluded.
  func forEachString(_ body: (String) throws(FedMedError) -> Void) throws(FedMedError) {
    switch self {
    case .string(let text): try body(text)
    case .array(let items): for item in items { try item.forEachString(body) }
    case .object(let members): for member in members { try member.value.forEachString(body) }
    default: break
    }
  }
}
