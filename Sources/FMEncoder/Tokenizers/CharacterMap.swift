import FMBase

/// The table of replacements inside a SentencePiece model: the length of a trie in bytes, the trie, and
/// the replacements, each ended by a zero byte. The trie is a double array as in the library darts-clone.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads a table.
  /// - Throws: `badData` if it is malformed.
  init(_ bytes: [UInt8]) throws(FedMedError) {
    func word(_ place: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4 else { throw FedMedError(.badData, "truncated table of replacements") }
    let size = Int(word(0))
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else {
      throw FedMedError(.badData, "table of replacements with a trie of \(size) bytes")
    }
    units = (0..<size / 4).map { word(4 + 4 * $0) }
    replacements = Array(bytes[(4 + size)...])
  }

  /// Returns the replacement of the longest beginning of `text` that has one, and the length of that
  /// beginning; `nil` if none has.
  func replacement(_ text: ArraySlice<UInt8>) -> (bytes: ArraySlice<UInt8>, length: Int)? {
    var place = Self.offset(units[0])
    var found: (value: Int, length: Int)?
    for (index, byte) in text.enumerated() {
      place ^= Int(byte)
      guard units.indices.contains(place) else { break }
      let unit = units[place]
      guard unit & 0x8000_00FF == UInt32(byte) else { break }
      place ^= Self.offset(unit)
      if unit & 0x100 != 0 {
        guard units.indices.contains(place) else { break }
        found = (Int(units[place] & 0x7FFF_FFFF), index + 1)
      }
    }
    guard let found, found.value < replacements.count else { return nil }
    return (replacements[found.value...].prefix { $0 != 0 }, found.length)
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }
}
