/// Limits on untrusted JSON text, so that it cannot exhaust memory or the stack.
public struct JSONLimits: Sendable {
  /// The maximal length of the text, in bytes.
  public let bytes: Int
  /// The maximal nesting depth of arrays and objects.
  public let depth: Int
  /// The maximal number of values, keys not counted.
  public let values: Int

  /// Creates limits.
  public init(bytes: Int, depth: Int, values: Int) {
    (self.bytes, self.depth, self.values) = (bytes, depth, values)
  }
}

extension JSON {
  /// Parses one JSON text (RFC 8259) in linear time.
  ///
  /// Duplicate keys are refused so that every program reads the same value: `jq` takes the last of
  /// several values, other parsers take the first.
  /// - Throws: `badData` with the byte offset if the text is not JSON, repeats a key, or exceeds a
  ///   limit.
  public init(parsing bytes: [UInt8], limits: JSONLimits) throws(FedMedError) {
    var parser = JSONParser(bytes: bytes, limits: limits)
    self = try parser.parse()
  }
}

private struct JSONParser {
  private static let longestKey = 1 << 10
  /// Limit on a number's characters; more than any double needs.
  private static let mostDigits = 64

  private let bytes: [UInt8]
  private let limits: JSONLimits
  private var offset = 0
  private var values = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    (self.bytes, self.limits) = (bytes, limits)
  }

  mutating func parse() throws(FedMedError) -> JSON {
    guard bytes.count <= limits.bytes else { throw fault("more than \(limits.bytes) bytes") }
    let result = try value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw fault("not JSON") }
    return result
  }

  private func fault(_ reason: String) -> FedMedError {
    FedMedError(.badData, reason, place: "byte \(offset)")
  }

  private mutating func skipSpace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  /// Skips white space, and then `byte` if it comes next.
  /// - Returns: whether it did.
  private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  private mutating func skip(word: StaticString) -> Bool {
    let end = offset + word.utf8CodeUnitCount
    let matches =
      end <= bytes.count
      && word.withUTF8Buffer { $0.elementsEqual(bytes[offset..<end]) }
    if matches { offset = end }
    return matches
  }

  private mutating func value(depth: Int) throws(FedMedError) -> JSON {
    skipSpace()
    guard offset < bytes.count else { throw fault("not JSON") }
    values += 1
    guard values <= limits.values else { throw fault("more than \(limits.values) values") }
    switch bytes[offset] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < limits.depth else {
        throw fault("nested deeper than \(limits.depth) levels")
      }
      return bytes[offset] == UInt8(ascii: "{")
        ? try object(depth: depth + 1) : try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default:
      if skip(word: "true") { return .boolean(true) }
      if skip(word: "false") { return .boolean(false) }
      if skip(word: "null") { return .null }
      throw fault("not JSON")
    }
  }

  private mutating func array(depth: Int) throws(FedMedError) -> JSON {
    offset += 1
    var items: [JSON] = []
    if skip("]") { return .array(items) }
    repeat { items.append(try value(depth: depth)) } while skip(",")
    guard skip("]") else { throw fault("not JSON") }
    return .array(items)
  }

  private mutating func object(depth: Int) throws(FedMedError) -> JSON {
    offset += 1
    var members: [JSON.Member] = []
    // Keys are stored as bytes: keys that only look alike stay distinct, and comparing their
    // canonical forms would take quadratic time.
    var keys: Set<[UInt8]> = []
    if skip("}") { return .object(members) }
    repeat {
      skipSpace()
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
        throw fault("not JSON")
      }
      let key = try string()
      guard key.utf8.count <= Self.longestKey else {
        throw fault("key longer than \(Self.longestKey) bytes")
      }
      guard keys.insert(Array(key.utf8)).inserted else {
        throw fault("duplicate key '\(printable(key))'")
      }
      guard skip(":") else { throw fault("not JSON") }
      members.append(JSON.Member(key: key, value: try value(depth: depth)))
    } while skip(",")
    guard skip("}") else { throw fault("not JSON") }
    return .object(members)
  }

  private mutating func number() throws(FedMedError) -> JSON {
    let start = offset
    func isDigit() -> Bool { offset < bytes.count && (0x30...0x39).contains(bytes[offset]) }
    func isNext(_ choices: StaticString) -> Bool {
      offset < bytes.count && choices.withUTF8Buffer { $0.contains(bytes[offset]) }
    }
    if isNext("-") { offset += 1 }
    let first = offset
    while isDigit() { offset += 1 }
    guard offset > first, offset == first + 1 || bytes[first] != 0x30 else {
      throw fault("not JSON")
    }
    var isWhole = true
    for (marks, signs) in [(".", ""), ("eE", "+-")] as [(StaticString, StaticString)]
    where isNext(marks) {
      isWhole = false
      offset += 1
      if isNext(signs) { offset += 1 }
      let digits = offset
      while isDigit() { offset += 1 }
      guard offset > digits else { throw fault("not JSON") }
    }
    guard offset - start <= Self.mostDigits else {
      throw fault("number longer than \(Self.mostDigits) characters")
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw fault("number out of range") }
    return .number(value)
  }

  private mutating func string() throws(FedMedError) -> String {
    offset += 1
    var text: [UInt8] = []
    var start = offset
    while true {
      guard offset < bytes.count, bytes[offset] >= 0x20 else {
        throw fault("unterminated string or control character in a string")
      }
      if bytes[offset] == UInt8(ascii: "\"") { break }
      if bytes[offset] == UInt8(ascii: "\\") {
        text += bytes[start..<offset]
        text += try escaped()
        start = offset
      } else {
        offset += 1
      }
    }
    text += bytes[start..<offset]
    guard let result = String(validating: text, as: UTF8.self) else {
      throw fault("not UTF-8 text")
    }
    offset += 1
    return result
  }

  /// Parses an escape sequence.
  /// - Returns: its UTF-8 bytes.
  private mutating func escaped() throws(FedMedError) -> [UInt8] {
    guard offset + 1 < bytes.count else { throw fault("not JSON") }
    let plain: UInt8? =
      switch bytes[offset + 1] {
      case 0x22, 0x5C, 0x2F: bytes[offset + 1]
      case UInt8(ascii: "b"): 0x08
      case UInt8(ascii: "f"): 0x0C
      case UInt8(ascii: "n"): 0x0A
      case UInt8(ascii: "r"): 0x0D
      case UInt8(ascii: "t"): 0x09
      default: nil
      }
    if let plain {
      offset += 2
      return [plain]
    }
    var code = try unit()
    if (0xD800..<0xDC00).contains(code) {
      let low = try unit()
      guard (0xDC00..<0xE000).contains(low) else { throw fault("unpaired surrogate") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("unpaired surrogate") }
    return Array(Character(scalar).utf8)
  }

  /// Parses the UTF-16 code unit of `\uXXXX`.
  private mutating func unit() throws(FedMedError) -> UInt32 {
    let end = offset + 6
    guard end <= bytes.count, bytes[offset] == 0x5C, bytes[offset + 1] == UInt8(ascii: "u"),
      bytes[offset + 2..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: bytes[offset + 2..<end], as: UTF8.self), radix: 16)
    else { throw fault("unknown escape sequence") }
    offset = end
    return code
  }
}
