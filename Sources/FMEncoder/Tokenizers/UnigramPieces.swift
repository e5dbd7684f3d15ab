/// The pieces of a Unigram model: a text is split into those whose scores have the largest sum (Kudo,
/// 2018).
struct UnigramPieces: Sendable {
  private let ids: [ArraySlice<UInt8>: (id: Int, score: Double)]
  private let longest: Int
  private let unknown: Int
  private let unknownScore: Double

  /// Creates a set of pieces.
  /// - Parameters:
  ///   - pieces: the pieces of texts with their numbers and scores.
  ///   - unknown: the number of the token for characters without a piece.
  init(_ pieces: [(piece: String, id: Int, score: Double)], unknown: Int) {
    ids = Dictionary(
      pieces.map { (ArraySlice(Array($0.piece.utf8)), (id: $0.id, score: $0.score)) },
      uniquingKeysWith: { first, _ in first })
    longest = ids.keys.map(\.count).max() ?? 0
    self.unknown = unknown
    // As in SentencePiece, below the score of every piece.
    unknownScore = (pieces.map(\.score).min() ?? 0) - 10
  }

  /// Returns the numbers of the best pieces of a text. Consecutive unknown characters are one token.
  func split(_ text: [UInt8]) -> [Int] {
    /// The best way to the end of each prefix: its score, and its last piece.
    var best = [(score: Double, start: Int, id: Int)?](repeating: nil, count: text.count + 1)
    best[0] = (0, 0, 0)
    var start = 0
    while start < text.count {
      let length = Self.characterLength(text[start])
      guard let before = best[start]?.score else { break }
      var hasCharacter = false
      func offer(_ end: Int, _ id: Int, _ score: Double) {
        if let known = best[end]?.score, known >= before + score { return }
        best[end] = (before + score, start, id)
      }
      for end in start + 1..<min(start + longest, text.count) + 1 {
        guard let piece = ids[text[start..<end]] else { continue }
        offer(end, piece.id, piece.score)
        if end == start + length { hasCharacter = true }
      }
      let next = min(start + length, text.count)
      if !hasCharacter { offer(next, unknown, unknownScore) }
      start = next
    }
    var (tokens, end): ([Int], Int) = ([], text.count)
    while end > 0, let last = best[end] {
      if !(last.id == unknown && tokens.last == unknown) { tokens.append(last.id) }
      end = last.start
    }
    return tokens.reversed()
  }

  /// The length of a character in UTF-8, by its first byte.
  private static func characterLength(_ byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }
}
