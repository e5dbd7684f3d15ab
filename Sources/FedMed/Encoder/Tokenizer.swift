/// CLIP's byte-level byte-pair encoding.
///
/// White space becomes single spaces and letters lower case; the text is cut into words
/// (`'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`); a word's UTF-8 bytes, spelled as GPT-2
/// spells them and with `</w>` behind the last, are merged pair by pair in the order of merges.txt.
struct Tokenizer: Sendable {
  /// How many tokens a text has, start and end included; the rest is filled with the end's.
  static let length = 77

  private let ids: [String: Int]
  private let ranks: [String: Int]
  private let start: Int
  private let end: Int

  /// Reads vocab.json and merges.txt of a checkpoint.
  init(folder: String) throws(FedMedError) {
    let path = "\(folder)/vocab.json"
    ids = try Checkpoint.json(path)
    guard let start = ids["<|startoftext|>"], let end = ids["<|endoftext|>"] else {
      throw FedMedError(.badData, "lacks the tokens of a text's start and end", file: path)
    }
    (self.start, self.end) = (start, end)
    let merges = try ByteSource(path: "\(folder)/merges.txt").text(limit: 1 << 26)
    var ranks: [String: Int] = [:]
    for line in Table.lines(merges) where !line.hasPrefix("#version") && !line.isEmpty {
      ranks[String(line)] = ranks.count
    }
    self.ranks = ranks
  }

  /// The tokens of a text, and at which place its end stands.
  /// - Throws: `badData` where the vocabulary lacks a token that the merges make.
  func encode(_ text: String) throws(FedMedError) -> (tokens: [Int], end: Int) {
    var tokens = [start]
    for word in Self.words(text) {
      for symbol in merged(word) {
        guard let id = ids[symbol] else {
          throw FedMedError(.badData, "lacks the token '\(printable(symbol))'", file: "vocab.json")
        }
        tokens.append(id)
      }
      if tokens.count >= Self.length { break }
    }
    tokens = Array(tokens.prefix(Self.length - 1))
    let place = tokens.count
    tokens += [Int](repeating: end, count: Self.length - place)
    return (tokens, place)
  }

  private func merged(_ word: [UInt8]) -> [String] {
    var symbols = word.map { Self.spelling[Int($0)] }
    symbols[symbols.count - 1] += "</w>"
    while symbols.count > 1 {
      var best: (rank: Int, index: Int)?
      for index in 0..<symbols.count - 1 {
        guard let rank = ranks["\(symbols[index]) \(symbols[index + 1])"] else { continue }
        if best.map({ rank < $0.rank }) ?? true { best = (rank, index) }
      }
      guard let best else { break }
      symbols[best.index] += symbols.remove(at: best.index + 1)
    }
    return symbols
  }

  /// GPT-2's spelling of a byte: itself where it is printable, else a letter from 256 on.
  private static let spelling: [String] = {
    var (result, next): ([String], UInt32) = ([], 256)
    for byte in 0..<UInt32(256) {
      let isPlain = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
      let scalar = Unicode.Scalar(isPlain ? byte : next)
      if !isPlain { next += 1 }
      result.append(scalar.map { String($0) } ?? "")
    }
    return result
  }()

  private enum Class {
    case space, letter, number, other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .number
      default: self = scalar.properties.isWhitespace ? .space : .other
      }
    }
  }

  /// The UTF-8 of each word.
  private static func words(_ text: String) -> [[UInt8]] {
    let lower = text.unicodeScalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    let classes = lower.map { Class($0) }
    var (words, index): ([[UInt8]], Int) = ([], 0)
    while index < lower.count {
      var end = index + 1
      if let contraction = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].first(where: {
        lower[index...].starts(with: $0.unicodeScalars)
      }) {
        end = index + contraction.unicodeScalars.count
      } else if classes[index] == .letter || classes[index] == .other {
        while end < lower.count && classes[end] == classes[index] { end += 1 }
      }
      if classes[index] != .space {
        var word = String.UnicodeScalarView()
        word.append(contentsOf: lower[index..<end])
        words.append(Array(String(word).utf8))
      }
      index = end
    }
    return words
  }
}
