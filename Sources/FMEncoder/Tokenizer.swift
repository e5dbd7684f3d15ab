import CUTF8Proc
import FMArchive
import FMBase
import Glibc

/// CLIP's byte-level byte-pair encoding.
///
/// Text is brought to Unicode's normal form C and to lower case, then split into words
/// (`'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`). The UTF-8 bytes of a word, written as
/// in GPT-2 and with `</w>` after the last one, are merged pair by pair in the order of merges.txt.
struct Tokenizer: Sendable {
  /// The number of tokens of a text, including start and end; shorter texts are padded with end
  /// tokens.
  package static let length = 77

  private let ids: [String: Int]
  private let ranks: [String: Int]
  private let start: Int
  private let end: Int
  private let path: String

  /// The parts of tokenizer.json that are used.
  private struct File: Decodable {
    struct Model: Decodable {
      let vocab: [String: Int]
      let merges: [Merge]
    }

    /// Two symbols, in a list or separated by a space.
    struct Merge: Decodable {
      /// The two symbols, separated by a space.
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

  /// Reads vocab.json and merges.txt of a checkpoint, or tokenizer.json if those do not exist.
  /// - Throws: `noInput` or `ioError` if they cannot be read, `badData` if they are invalid.
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
      throw FedMedError(
        .badData, "missing the tokens <|startoftext|> and <|endoftext|>", file: path)
    }
    (self.start, self.end, self.path) = (start, end, path)
    ranks = Dictionary(zip(pairs, pairs.indices), uniquingKeysWith: { $1 })
  }

  /// Returns the tokens of a text, and the position of its end token.
  /// - Throws: `badData` if a merged token is not in the vocabulary.
  package func encode(_ text: String) throws(FedMedError) -> (tokens: [Int], end: Int) {
    var tokens = [start]
    for word in Self.words(text) {
      for symbol in merged(word) {
        guard let id = ids[symbol] else {
          throw FedMedError(.badData, "missing token '\(printable(symbol))'", file: path)
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

  /// GPT-2's character for each byte: the byte itself if it is printable, otherwise one from U+0100
  /// on.
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

  /// Splits text into words, as UTF-8.
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
  /// The text in Unicode's normal form C.
  fileprivate var composed: String {
    let bytes = Array(utf8)
    var result: UnsafeMutablePointer<UInt8>?
    defer { free(result) }
    let options = UTF8PROC_STABLE.rawValue | UTF8PROC_COMPOSE.rawValue
    let count = utf8proc_map(bytes, bytes.count, &result, utf8proc_option_t(options))
    // Normalization of valid text fails only if memory is exhausted.
    guard count >= 0, let result else { return self }
    return String(decoding: UnsafeBufferPointer(start: result, count: count), as: UTF8.self)
  }
}
