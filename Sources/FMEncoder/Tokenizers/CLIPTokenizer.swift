import FMArchive
import FMBase
import Glibc

/// CLIP's byte-level byte-pair encoding.
///
/// Text is brought to Unicode's normal form C and to lower case, then split into words
/// (`'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`). The UTF-8 bytes of a word, written as
/// in GPT-2 and with `</w>` after the last one, are merged pair by pair in the order of merges.txt.
struct CLIPTokenizer: Tokenizer {
  /// The number of tokens of a text, including start and end; shorter texts are padded with end
  /// tokens.
  static let length = 77

  private let merging: PairMerging
  /// The token of each byte inside and at the end of a word; `nil` if the vocabulary lacks it.
  private let inner, last: [Int?]
  private let special: SpecialTokens
  private let start: Int
  private let end: Int
  private let path: String

  /// Reads vocab.json and merges.txt of a checkpoint, or tokenizer.json if those do not exist.
  /// - Throws: `noInput` or `ioError` if they cannot be read, `badData` if they are invalid.
  init(folder: String) throws(FedMedError) {
    var path = "\(folder)/vocab.json"
    let whole = "\(folder)/tokenizer.json"
    var ids: [String: Int]
    var pairs: [(left: String, right: String)] = []
    if access(path, F_OK) != 0 && access(whole, F_OK) == 0 {
      path = whole
      let file = try TokenizerFile(path: path)
      ids = try file.vocabulary().merging(file.addedTokens(), uniquingKeysWith: { $1 })
      pairs = try file.merges()
    } else {
      ids = try Checkpoint.json(path)
      let merges = try ByteSource(path: "\(folder)/merges.txt").text(limit: 1 << 26)
      for line in Table.lines(merges) where !line.hasPrefix("#version") && !line.isEmpty {
        let parts = line.split(separator: " ").map(String.init)
        if parts.count == 2 { pairs.append((parts[0], parts[1])) }
      }
    }
    let (first, final) = ("<|startoftext|>", "<|endoftext|>")
    guard let start = ids[first], let end = ids[final] else {
      throw FedMedError(.badData, "missing the tokens \(first) and \(final)", file: path)
    }
    (self.start, self.end, self.path) = (start, end, path)
    special = SpecialTokens([first: start, final: end])
    func token(_ symbol: String) throws(FedMedError) -> Int {
      guard let id = ids[symbol] else {
        throw FedMedError(.badData, "missing token '\(printable(symbol))'", file: path)
      }
      return id
    }
    var merges: [(left: Int, right: Int, result: Int)] = []
    for pair in pairs {
      merges.append(
        (try token(pair.left), try token(pair.right), try token(pair.left + pair.right)))
    }
    merging = PairMerging(merges)
    inner = Self.spelling.map { ids[$0] }
    last = Self.spelling.map { ids["\($0)</w>"] }
  }

  func encode(_ text: String) throws(FedMedError) -> TokenSequence {
    var tokens = [start]
    for part in special.split(text) {
      switch part {
      case .token(let id): tokens.append(id)
      case .text(let text):
        for word in Self.words(text) where tokens.count < Self.length {
          tokens += merging.merged(try symbols(word))
        }
      }
    }
    tokens = Array(tokens.prefix(Self.length - 1))
    let place = tokens.count
    tokens += [Int](repeating: end, count: Self.length - place)
    // The first end token counts, even if it stands in the text.
    return TokenSequence(tokens: tokens, end: tokens.firstIndex(of: end) ?? place)
  }

  /// Returns the tokens of a word's bytes.
  private func symbols(_ word: [UInt8]) throws(FedMedError) -> [Int] {
    var symbols: [Int] = []
    for (index, byte) in word.enumerated() {
      let isLast = index == word.count - 1
      guard let symbol = (isLast ? last : inner)[Int(byte)] else {
        let spelling = Self.spelling[Int(byte)] + (isLast ? "</w>" : "")
        throw FedMedError(.badData, "missing token '\(printable(spelling))'", file: path)
      }
      symbols.append(symbol)
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
    let lower = text.normalized(.composed).unicodeScalars.flatMap {
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
