import FMArchive
import FMBase

/// spiece.model, in which the library SentencePiece stores a tokenizer: a message of Protocol Buffers.
struct SentencePieceModel {
  /// The role of a piece.
  enum Role: UInt64 {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// The pieces in the order of their numbers.
  private(set) var pieces: [(piece: String, score: Double, role: Role)] = []
  /// The replacements of characters; `nil` if there are none.
  private(set) var characters: CharacterMap?

  /// Reads the file.
  /// - Throws: `noInput` or `ioError` if it cannot be read, `badData` if it is malformed or is not a
  ///   Unigram model.
  init(path: String) throws(FedMedError) {
    let bytes = try ByteSource(path: path).read(upTo: 1 << 26)
    do throws(FedMedError) {
      try read(bytes)
    } catch {
      throw error.naming(file: path)
    }
  }

  private mutating func read(_ bytes: [UInt8]) throws(FedMedError) {
    var kind: UInt64 = 1
    try Self.forEachField(bytes[...]) { field, value throws(FedMedError) in
      switch (field, value) {
      case (1, .bytes(let piece)): pieces.append(try Self.piece(piece))
      case (2, .bytes(let trainer)):
        try Self.forEachField(trainer) { field, value throws(FedMedError) in
          if field == 3, case .number(let number) = value { kind = number }
        }
      case (3, .bytes(let normalizer)):
        try Self.forEachField(normalizer) { field, value throws(FedMedError) in
          if field == 2, case .bytes(let table) = value, !table.isEmpty {
            characters = try CharacterMap(Array(table))
          }
        }
      default: break
      }
    }
    guard kind == 1 else {
      throw FedMedError(.badData, "not a Unigram model", hint: "use tokenizer.json instead")
    }
    guard !pieces.isEmpty else { throw FedMedError(.badData, "not a SentencePiece model") }
  }

  private static func piece(
    _ bytes: ArraySlice<UInt8>
  ) throws(FedMedError) -> (piece: String, score: Double, role: Role) {
    var (text, score, role) = ("", 0.0, Role.normal)
    try forEachField(bytes) { field, value throws(FedMedError) in
      switch (field, value) {
      case (1, .bytes(let bytes)):
        guard let piece = String(validating: bytes, as: UTF8.self) else {
          throw FedMedError(.badData, "a piece that is not UTF-8")
        }
        text = piece
      case (2, .word(let bits)): score = Double(Float(bitPattern: bits))
      case (3, .number(let number)):
        guard let known = Role(rawValue: number) else {
          throw FedMedError(.badData, "a piece of the unknown type \(number)")
        }
        role = known
      default: break
      }
    }
    guard score.isFinite else {
      throw FedMedError(.badData, "the score of '\(printable(text))' is not finite")
    }
    return (text, score, role)
  }

  /// The value of a field.
  private enum Value {
    case number(UInt64)
    case word(UInt32)
    case bytes(ArraySlice<UInt8>)
    case other
  }

  /// Calls `body` with the number and the value of each field of a message.
  private static func forEachField(
    _ bytes: ArraySlice<UInt8>, _ body: (UInt64, Value) throws(FedMedError) -> Void
  ) throws(FedMedError) {
    var rest = bytes
    /// Takes a number of seven bits per byte, the lowest first.
    func number() throws(FedMedError) -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while let byte = rest.popFirst(), shift < 64 {
        value |= UInt64(byte & 0x7F) << shift
        if byte & 0x80 == 0 { return value }
        shift += 7
      }
      throw FedMedError(.badData, "truncated, or not a SentencePiece model")
    }
    func take(_ count: UInt64) throws(FedMedError) -> ArraySlice<UInt8> {
      guard count <= UInt64(rest.count) else {
        throw FedMedError(.badData, "truncated, or not a SentencePiece model")
      }
      defer { rest = rest.dropFirst(Int(count)) }
      return rest.prefix(Int(count))
    }
    while !rest.isEmpty {
      let key = try number()
      switch key & 7 {
      case 0: try body(key >> 3, .number(try number()))
      case 1:
        _ = try take(8)
        try body(key >> 3, .other)
      case 2: try body(key >> 3, .bytes(try take(try number())))
      case 5:
        let word = try take(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        try body(key >> 3, .word(word))
      default: throw FedMedError(.badData, "not a SentencePiece model")
      }
    }
  }
}
