import CUTF8Proc
import FMArchive
import FMBase
import Glibc

/// CLIP's byte-level byte-pair encoding.
///
/// The text is brought into Unicode's normal form C, letters into lower case; it is cut into words
/// (`'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`); a word's UTF-8 bytes, spelled as GPT-2
/// spells them and with `</w>` behind the last, are merged pair by pair in the order of merges.txt.
struct Tokenizer: Sendable {
  /// How many tokens a text has, start and end included; the rest is filled with the end's.
  package static let length = 77

  private let ids: [String: Int]
  private let ranks: [String: Int]
  private let start: Int
  private let end: Int
  private let path: String

  /// tokenizer.json, as far as it is needed.
  private struct File: Decodable {
    struct Model: Decodable {
      let vocab: [String: Int]
      let merges: [Merge]
    }

    /// Two symbols, in a list or with a space between them.
    struct Merge: Decodable {
      package let pair: String

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
          pair = text
        } else {
          pair = try container.decode([String].self).joined(separator: " ")
        }
      }
    }

    struct Added: Decodable {
      package let id: Int
      package let content: String
    }

    let model: Model
    let addedTokens: [Added]?

    enum CodingKeys: String, CodingKey {
      case model
      case addedTokens = "added_tokens"
    }
  }

  /// Reads vocab.json and merges.txt of a checkpoint; where those are not there, tokenizer.json.
  init(folder: String) throws(FedMedError) {
    var path = "\(folder)/vocab.json"
    let whole = "\(folder)/tokenizer.json"
    let pairs: [String]
    if access(path, F_OK) != 0 && access(whole, F_OK) == 0 {
      path = whole
      let file: File = try Checkpoint.json(path)
      ids = file.model.vocab.merging(
        (file.addedTokens ?? []).map { ($0.content, $0.id) }, uniquingKeysWith: { $1 })
      pairs = file.model.merges.map(\.pair)
    } else {
      ids = try Checkpoint.json(path)
      let merges = try ByteSource(path: "\(folder)/merges.txt").text(limit: 1 << 26)
      pairs = Table.lines(merges).filter { !$0.hasPrefix("#version") && !$0.isEmpty }.map {
        String($0)
      }
    }
    guard let start = ids["<|startoftext|>"], let end = ids["<|endoftext|>"] else {
      throw FedMedError(.badData, "lacks the tokens of a text's start and end", file: path)
    }
    (self.start, self.end, self.path) = (start, end, path)
    ranks = Dictionary(zip(pairs, pairs.indices), uniquingKeysWith: { $1 })
  }

  /// The tokens of a text, and at which place its end stands.
  /// - Throws: `badData` where the vocabulary lacks a token that the merges make.
  package func encode(_ text: String) throws(FedMedError) -> (tokens: [Int], end: Int) {
    var tokens = [start]
    for word in Self.words(text) {
      for symbol in merged(word) {
        guard let id = ids[symbol] else {
          throw FedMedError(.badData, "lacks the token '\(printable(symbol))'", file: path)
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
    let lower = text.composed.unicodeScalars.flatMap {
      Array($0.properties.lowercaseMapping.unicodeScalars)
    }
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

extension String {
  /// In Unicode's normal form C.
  fileprivate var composed: String {
    let bytes = Array(utf8)
    var result: UnsafeMutablePointer<UInt8>?
    defer { free(result) }
    let options = UTF8PROC_STABLE.rawValue | UTF8PROC_COMPOSE.rawValue
    let count = utf8proc_map(bytes, bytes.count, &result, utf8proc_option_t(options))
    // What is valid text cannot fail, but for want of memory.
    guard count >= 0, let result else { return self }
    return String(decoding: UnsafeBufferPointer(start: result, count: count), as: UTF8.self)
  }
}
