import FMBase

/// The content type of an archive member. Raw values of arrays are NumPy type descriptors.
public enum ElementType: String, Codable, Sendable {
  /// Single precision.
  case float32 = "<f4"
  /// Half precision.
  case float16 = "<f2"
  /// Signed 8-bit integers.
  case int8 = "|i1"
  /// Unsigned 8-bit integers.
  case uint8 = "|u1"
  /// Signed 32-bit integers.
  case int32 = "<i4"
  /// Signed 64-bit integers.
  case int64 = "<i8"
  /// Unsigned 32-bit integers.
  case uint32 = "<u4"
  /// UTF-8 text; the shape is the number of lines.
  case text
  /// One JSON value; the shape is empty.
  case json
  /// An embedded file; the shape is empty.
  case file

  /// The size of an array element in bytes; `nil` for text, JSON and files.
  public var size: Int? {
    switch self {
    case .float32, .int32, .uint32: 4
    case .int64: 8
    case .float16: 2
    case .int8, .uint8: 1
    case .text, .json, .file: nil
    }
  }
}

/// The header of a `.npy` file, version 1.0 as specified in NumPy's documentation: magic bytes,
/// version, length, and a Python dictionary, padded with spaces to a multiple of 64 bytes.
public struct ArrayHeader: Equatable, Sendable {
  /// NumPy's descriptor of the element type, such as `<f4`.
  public var descriptor: String
  /// The extent of each dimension.
  public var shape: [Int]

  /// The number of elements; `nil` if it overflows or an extent is negative.
  public var count: Int? { Self.count(shape) }

  /// The number of elements of an array of `shape`; `nil` if it overflows or an extent is negative.
  package static func count(_ shape: [Int]) -> Int? {
    var product = 1
    for extent in shape {
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 { return nil }
      product = value
    }
    return product
  }

  /// The header's bytes, exactly as NumPy writes them.
  public var bytes: [UInt8] {
    let extents =
      shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(extents)), }"
    let padding = 63 - (10 + text.utf8.count) % 64
    text += String(repeating: " ", count: padding) + "\n"
    let length = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(text.utf8)
  }

  /// The length in bytes of the header whose first ten bytes are `prefix`.
  /// - Throws: `badData` if they do not begin a `.npy` file of version 1.0.
  public static func length(prefix: [UInt8]) throws(FedMedError) -> Int {
    guard prefix.count >= 10, prefix[0] == 0x93, prefix[1..<6].elementsEqual("NUMPY".utf8) else {
      throw FedMedError(.badData, "not a .npy array")
    }
    guard prefix[6] == 1, prefix[7] == 0 else {
      throw FedMedError(
        .badData, "version \(prefix[6]).\(prefix[7]) of the .npy format, expected 1.0")
    }
    return 10 + Int(prefix[8]) + Int(prefix[9]) << 8
  }

  /// Whether an array of two or more dimensions is in column-major (Fortran) order.
  public private(set) var isColumnMajor = false

  /// Parses a complete header.
  /// - Parameter acceptsColumnMajor: whether Fortran order is allowed.
  /// - Throws: `badData` if the header is malformed, or the array is in Fortran order and that is
  ///   not allowed.
  public init(bytes: [UInt8], acceptsColumnMajor: Bool = false) throws(FedMedError) {
    let length = try Self.length(prefix: Array(bytes.prefix(10)))
    guard bytes.count == length,
      let text = String(validating: bytes[10...], as: UTF8.self)
    else { throw FedMedError(.badData, "truncated header of a .npy array") }
    var scanner = Scanner(text)
    var (descriptor, order, shape): (String?, Bool?, [Int]?) = (nil, nil, nil)
    scanner.skip("{")
    var keys: Set<String> = []
    while let key = scanner.quoted(), scanner.skip(":") {
      guard keys.insert(key).inserted else {
        throw FedMedError(.badData, "duplicate key in the header of a .npy array")
      }
      switch key {
      case "descr": descriptor = scanner.quoted()
      case "fortran_order": order = scanner.boolean()
      case "shape": shape = scanner.tuple()
      default:
        throw FedMedError(.badData, "unknown key '\(printable(key))' in the header of a .npy array")
      }
      if !scanner.skip(",") { break }
    }
    guard scanner.skip("}"), scanner.atEnd, let descriptor, let order, let shape else {
      throw FedMedError(.badData, "malformed header of a .npy array")
    }
    guard !order || shape.count < 2 || acceptsColumnMajor else {
      throw FedMedError(
        .badData, "the array is in Fortran order", hint: "save numpy.ascontiguousarray(x) instead")
    }
    self.init(descriptor: descriptor, shape: shape)
    isColumnMajor = order && shape.count > 1
    guard count != nil else { throw FedMedError(.badData, "shape \(shape) is too large") }
  }

  /// Creates the header of a row-major array.
  public init(descriptor: String, shape: [Int]) {
    self.descriptor = descriptor
    self.shape = shape
  }

  /// A parser for the subset of Python literals that such a header contains.
  private struct Scanner {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var atEnd: Bool { rest.utf8.allSatisfy { $0 == 0x20 || $0 == 0x0A } }

    private mutating func skipSpace() {
      rest = rest.drop { $0 == " " }
    }

    @discardableResult
    mutating func skip(_ token: String) -> Bool {
      skipSpace()
      guard rest.hasPrefix(token) else { return false }
      rest = rest.dropFirst(token.count)
      return true
    }

    mutating func quoted() -> String? {
      skipSpace()
      guard let quote = rest.first, quote == "'" || quote == "\"",
        let end = rest.dropFirst().firstIndex(of: quote)
      else { return nil }
      defer { rest = rest[rest.index(after: end)...] }
      return String(rest[rest.index(after: rest.startIndex)..<end])
    }

    mutating func boolean() -> Bool? {
      if skip("True") { return true }
      return skip("False") ? false : nil
    }

    mutating func tuple() -> [Int]? {
      guard skip("(") else { return nil }
      var values: [Int] = []
      while !skip(")") {
        skipSpace()
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let value = Int(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        values.append(value)
        if !skip(",") {
          guard skip(")") else { return nil }
          break
        }
      }
      return values
    }
  }
}
