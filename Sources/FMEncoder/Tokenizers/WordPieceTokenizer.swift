import FMArchive
import FMBase
import Glibc

/// BERT's tokenizer for lower-case models (Devlin et al., 2019): text without accents in lower case is
/// split at white space and punctuation, and each word into the longest pieces of the vocabulary,
/// which begin with `##` inside a word.
struct WordPieceTokenizer: Tokenizer {
  private let ids: [String: Int]
  private let special: SpecialTokens
  private let start, end, unknown: Int
  /// The largest number of tokens, start and end included.
  private let length: Int

  /// A longer word is unknown.
  private static let longestWord = 100

  /// Reads vocab.txt of a checkpoint, or tokenizer.json if that does not exist.
  /// - Parameter length: the largest number of tokens; longer texts are cut.
  /// - Throws: `noInput` or `ioError` if they cannot be read, `badData` if they are invalid.
  init(folder: String, length: Int) throws(FedMedError) {
    let path = "\(folder)/vocab.txt"
    if access(path, F_OK) != 0 && access("\(folder)/tokenizer.json", F_OK) == 0 {
      try self.init(TokenizerFile(path: "\(folder)/tokenizer.json"), length: length)
    } else {
      let lines = Table.lines(try ByteSource(path: path).text(limit: 1 << 26))
      try self.init(
        Dictionary(
          lines.enumerated().map { (String($1), $0) }, uniquingKeysWith: { $1 }), length: length,
        path: path)
    }
  }

  /// Creates a tokenizer with the model in tokenizer.json.
  /// - Throws: `badData` if it is malformed or lacks a special token.
  init(_ file: TokenizerFile, length: Int) throws(FedMedError) {
    guard file.kind == "WordPiece" else {
      throw file.fault("a \(printable(file.kind)) tokenizer, expected WordPiece")
    }
    try self.init(file.vocabulary(), length: length, path: file.path)
  }

  private init(_ ids: [String: Int], length: Int, path: String) throws(FedMedError) {
    func id(_ token: String) throws(FedMedError) -> Int {
      guard let id = ids[token] else {
        throw FedMedError(.badData, "missing the token \(token)", file: path)
      }
      return id
    }
    (start, end, unknown) = (try id("[CLS]"), try id("[SEP]"), try id("[UNK]"))
    special = SpecialTokens(
      ids.filter { ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"].contains($0.key) })
    (self.ids, self.length) = (ids, length)
  }

  func encode(_ text: String) throws(FedMedError) -> TokenSequence {
    var tokens = [start]
    for part in special.split(text) {
      switch part {
      case .token(let id): tokens.append(id)
      case .text(let text):
        for word in Self.words(text) where tokens.count < length { tokens += pieces(word) }
      }
      if tokens.count >= length { break }
    }
    tokens = tokens.prefix(length - 1) + [end]
    return TokenSequence(tokens: tokens, end: tokens.count - 1)
  }

  /// Splits a word into pieces, from the left, always the longest.
  private func pieces(_ word: [Unicode.Scalar]) -> [Int] {
    guard word.count <= Self.longestWord else { return [unknown] }
    var (tokens, first): ([Int], Int) = ([], 0)
    while first < word.count {
      var found: Int?
      var last = word.count
      while last > first, found == nil {
        var piece = String.UnicodeScalarView()
        if first > 0 { piece.append(contentsOf: "##".unicodeScalars) }
        piece.append(contentsOf: word[first..<last])
        found = ids[String(piece)]
        if found == nil { last -= 1 }
      }
      guard let found else { return [unknown] }
      tokens.append(found)
      first = last
    }
    return tokens
  }

  /// Splits a text into words and single punctuation marks.
  private static func words(_ text: String) -> [[Unicode.Scalar]] {
    var (words, word): ([[Unicode.Scalar]], [Unicode.Scalar]) = ([], [])
    func close() {
      if !word.isEmpty { words.append(word) }
      word = []
    }
    for scalar in clean(text).normalized(.decomposed).unicodeScalars
    where scalar.properties.generalCategory != .nonspacingMark {
      for lower in scalar.properties.lowercaseMapping.unicodeScalars {
        if lower.properties.isWhitespace {
          close()
        } else if lower.isPunctuation || lower.isIdeograph {
          close()
          words.append([lower])
        } else {
          word.append(lower)
        }
      }
    }
    close()
    return words
  }

  /// Removes control characters, except white space.
  private static func clean(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if ["\t", "\n", "\r"].contains(scalar) {
        result.append(" ")
      } else if scalar != "\u{FFFD}" && !scalar.isOther {
        result.append(scalar.properties.isWhitespace ? " " : scalar)
      }
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// Whether the character is a control or format character, or not assigned.
  fileprivate var isOther: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }

  /// Whether BERT takes the character as a word of its own.
  fileprivate var isPunctuation: Bool {
    if isASCIIPunctuation { return true }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// Whether the character is in one of Unicode's blocks of Chinese ideographs that BERT names.
  fileprivate var isIdeograph: Bool {
    [
      0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F,
    ].contains { $0.contains(value) }
  }
}
