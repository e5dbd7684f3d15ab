import FMArchive
import FMBase

/// A JSON file of a checkpoint, whose values are read by key. A value `null` counts as missing.
struct CheckpointConfig: Sendable {
  /// The path of the file.
  let path: String
  /// The keys of the enclosing objects, each followed by a period.
  private let prefix: String
  private let members: [String: JSON]

  /// Reads a file.
  /// - Throws: `noInput` or `ioError` if it cannot be read, `badData` if it is not a JSON object.
  init(path: String) throws(FedMedError) {
    let text = try ByteSource(path: path).text(limit: JSONLimits.checkpoint.bytes)
    let json: JSON
    do throws(FedMedError) {
      json = try JSON(parsing: Array(text.utf8), limits: .checkpoint)
    } catch {
      throw error.naming(file: path)
    }
    guard case .object(let members) = json else {
      throw FedMedError(.badData, "not a JSON object", file: path)
    }
    self.init(path: path, prefix: "", members: members)
  }

  private init(path: String, prefix: String, members: [JSON.Member]) {
    (self.path, self.prefix) = (path, prefix)
    self.members = Dictionary(
      members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// An error in the file.
  func fault(_ reason: String) -> FedMedError { FedMedError(.badData, reason, file: path) }

  /// The error for a value of the wrong type.
  func wrongType(_ key: String) -> FedMedError { fault("\(prefix)\(key) has the wrong type") }

  /// The value of a key; `nil` if it is missing.
  subscript(key: String) -> JSON? {
    guard let value = members[key], value != .null else { return nil }
    return value
  }

  /// Whether the key has a value.
  func has(_ key: String) -> Bool { self[key] != nil }

  /// Returns the integer of a key, or `fallback` if it is missing.
  /// - Throws: `badData` if it is not an integer in `range`, or is missing without a fallback.
  func integer(
    _ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>
  ) throws(FedMedError) -> Int {
    let value: Int
    switch self[key] {
    case .integer(let number): value = number
    case nil:
      guard let fallback else { throw fault("missing key '\(prefix)\(key)'") }
      value = fallback
    default: throw wrongType(key)
    }
    guard range.contains(value) else {
      throw fault(
        "\(prefix)\(key) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Returns the number of a key, or `fallback` if it is missing.
  /// - Throws: `badData` if it is not a number in `range`.
  func number(
    _ key: String, default fallback: Double, in range: ClosedRange<Double>
  ) throws(FedMedError) -> Double {
    guard let json = self[key] else { return fallback }
    guard let value = json.double else { throw wrongType(key) }
    guard range.contains(value) else {
      throw fault(
        "\(prefix)\(key) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Returns the numbers of a list; `nil` if the key is missing.
  /// - Throws: `badData` if the value is not a list of numbers.
  func numbers(_ key: String) throws(FedMedError) -> [Double]? {
    guard let json = self[key] else { return nil }
    guard case .array(let values) = json else { throw wrongType(key) }
    let numbers = values.compactMap(\.double)
    guard numbers.count == values.count else { throw wrongType(key) }
    return numbers
  }

  /// Returns the truth value of a key, or `fallback` if it is missing.
  /// - Throws: `badData` if it is not `true` or `false`.
  func flag(_ key: String, default fallback: Bool) throws(FedMedError) -> Bool {
    switch self[key] {
    case .boolean(let value): return value
    case nil: return fallback
    default: throw wrongType(key)
    }
  }

  /// Returns the string of a key; `nil` if it is missing.
  /// - Throws: `badData` if it is not a string.
  func text(_ key: String) throws(FedMedError) -> String? {
    switch self[key] {
    case .string(let value): return value
    case nil: return nil
    default: throw wrongType(key)
    }
  }

  /// Returns the objects of a list; none if the key is missing.
  /// - Throws: `badData` if the value is not a list of objects.
  func objects(_ key: String) throws(FedMedError) -> [CheckpointConfig] {
    guard let json = self[key] else { return [] }
    guard case .array(let values) = json else { throw wrongType(key) }
    var objects: [CheckpointConfig] = []
    for value in values {
      guard case .object(let members) = value else { throw wrongType(key) }
      objects.append(CheckpointConfig(path: path, prefix: "\(prefix)\(key).", members: members))
    }
    return objects
  }

  /// Returns the string of the first of these keys that has a value; `nil` if none has.
  /// - Throws: `badData` if it is not a string.
  func text(firstOf keys: [String]) throws(FedMedError) -> String? {
    for key in keys {
      if let value = try text(key) { return value }
    }
    return nil
  }

  /// Returns the object of a key; `nil` if it is missing.
  /// - Throws: `badData` if it is not an object.
  func object(_ key: String) throws(FedMedError) -> CheckpointConfig? {
    switch self[key] {
    case .object(let members):
      return CheckpointConfig(path: path, prefix: "\(prefix)\(key).", members: members)
    case nil: return nil
    default: throw wrongType(key)
    }
  }
}

extension JSON {
  /// The value of a number; `nil` for any other value.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
