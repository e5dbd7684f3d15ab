import FMArchive
import FMBase
import Glibc

/// SigLIP's tokenizers: the Unigram model of SigLIP (spiece.model or tokenizer.json), and the byte-pair
/// encoding of SigLIP 2, which is Gemma's (tokenizer.json). In both, a space becomes `▁`.
struct SentencePieceTokenizer: Tokenizer {
  private enum Model {
    /// Splits what the normalization of characters leaves.
    case unigram(UnigramPieces, CharacterMap?)
    /// Merges characters; those without a token become tokens of their bytes.
    case pairs(PairMerging, ids: [String: Int], bytes: [Int])
  }

  private let model: Model
  private let special: SpecialTokens
  /// The numbers of the token that ends a text and of that behind it.
  private let end, padding: Int
  /// The number of tokens of every text.
  private let length: Int

  private static let space: Unicode.Scalar = "▁"

  /// Reads spiece.model of a checkpoint, or tokenizer.json if that does not exist.
  /// - Parameter length: the number of tokens; longer texts are cut, shorter ones padded.
  /// - Throws: `noInput` or `ioError` if they cannot be read, `badData` if they are invalid.
  init(folder: String, length: Int) throws(FedMedError) {
    let path = "\(folder)/spiece.model"
    if access(path, F_OK) == 0 {
      try self.init(SentencePieceModel(path: path), length: length, path: path)
    } else {
      try self.init(TokenizerFile(path: "\(folder)/tokenizer.json"), length: length)
    }
  }

  /// Creates a tokenizer with the model in spiece.model.
  /// - Parameter path: the file's name in messages.
  /// - Throws: `badData` if a special token is missing.
  init(_ file: SentencePieceModel, length: Int, path: String) throws(FedMedError) {
    let pieces = file.pieces
    let normal = pieces.indices.filter { [.normal, .userDefined].contains(pieces[$0].role) }
    guard let unknown = pieces.firstIndex(where: { $0.role == .unknown }),
      let end = pieces.firstIndex(where: { $0.piece == "</s>" })
    else { throw FedMedError(.badData, "missing the tokens <unk> and </s>", file: path) }
    self.init(
      normal.map { (pieces[$0].piece, $0, pieces[$0].score) }, unknown: unknown, end: end,
      file.characters, length: length)
  }

  /// Creates a tokenizer with the model in tokenizer.json.
  /// - Throws: `badData` if it is malformed or lacks a special token.
  init(_ file: TokenizerFile, length: Int) throws(FedMedError) {
    switch file.kind {
    case "Unigram":
      let (pieces, unknown) = (try file.pieces(), try file.unknown())
      guard let end = pieces.firstIndex(where: { $0.piece == "</s>" }), unknown < pieces.count
      else { throw file.fault("missing the tokens <unk> and </s>") }
      // A score of zero marks control tokens, which no text contains.
      let normal = pieces.indices.filter { $0 != unknown && pieces[$0].score != 0 }
      self.init(
        normal.map { (pieces[$0].piece, $0, pieces[$0].score) }, unknown: unknown, end: end,
        try file.characterMap(), length: length)
    case "BPE":
      let ids = try file.vocabulary()
      guard let end = ids["<eos>"], let padding = ids["<pad>"] else {
        throw file.fault("missing the tokens <eos> and <pad>")
      }
      self.init(
        try Self.pairs(file, ids), special: try file.addedTokens(), end: end, padding: padding,
        length: length)
    default: throw file.fault("a \(printable(file.kind)) tokenizer, expected Unigram or BPE")
    }
  }

  private init(
    _ pieces: [(piece: String, id: Int, score: Double)], unknown: Int, end: Int,
    _ characters: CharacterMap?, length: Int
  ) {
    self.init(
      .unigram(UnigramPieces(pieces, unknown: unknown), characters),
      special: ["</s>": end, "<unk>": unknown], end: end, padding: end, length: length)
  }

  private init(_ model: Model, special: [String: Int], end: Int, padding: Int, length: Int) {
    (self.model, self.special) = (model, SpecialTokens(special))
    (self.end, self.padding, self.length) = (end, padding, length)
  }

  private static func pairs(
    _ file: TokenizerFile, _ ids: [String: Int]
  ) throws(FedMedError) -> Model {
    var bytes: [Int] = []
    for byte in 0..<256 {
      let digits = String(byte, radix: 16, uppercase: true)
      guard let id = ids["<0x\(digits.count < 2 ? "0" : "")\(digits)>"] else {
        throw file.fault("missing the token of byte \(byte)")
      }
      bytes.append(id)
    }
    return .pairs(try PairMerging(file, ids), ids: ids, bytes: bytes)
  }

  func encode(_ text: String) throws(FedMedError) -> TokenSequence {
    var tokens: [Int] = []
    for (index, part) in special.split(text).enumerated() {
      switch (part, model) {
      case (.token(let id), _): tokens.append(id)
      case (.text(let text), .unigram(let pieces, let characters)):
        tokens += pieces.split(Self.normalized(text, characters, isFirst: index == 0))
      case (.text(let text), .pairs(let merging, let ids, let bytes)):
        tokens += merging.merged(Self.characters(text, ids, bytes))
      }
    }
    if case .unigram = model, tokens.last == end { tokens.removeLast() }
    tokens = Array(tokens.prefix(length - 1))
    let place = tokens.count
    tokens += [end] + [Int](repeating: padding, count: length - place - 1)
    return TokenSequence(tokens: tokens, end: place)
  }

  /// Returns the tokens of the characters of a text in lower case; a character without a token has one
  /// for each of its bytes.
  private static func characters(_ text: String, _ ids: [String: Int], _ bytes: [Int]) -> [Int] {
    text.unicodeScalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
      .flatMap { scalar in
        let character = String(scalar == " " ? space : scalar)
        return ids[character].map { [$0] } ?? character.utf8.map { bytes[Int($0)] }
      }
  }

  /// Brings a text to SigLIP's form: lower case without ASCII's punctuation, characters replaced as
  /// the model says, and words separated and, at the start of a text, preceded by `▁`.
  private static func normalized(
    _ text: String, _ characters: CharacterMap?, isFirst: Bool
  ) -> [UInt8] {
    let kept = text.lowercasedInContext.unicodeScalars.filter { !$0.isASCIIPunctuation }
    // A run of white space is one space.
    let words = kept.split { $0.properties.isWhitespace }.map { String($0) }
    let bytes = Array(words.joined(separator: " ").utf8)
    var (result, place): ([UInt8], Int) = ([], 0)
    while place < bytes.count {
      if let found = characters?.replacement(bytes[place...]) {
        result += found.bytes
        place += found.length
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    let mark = Array(String(space).utf8)
    let parts = result.split(separator: UInt8(ascii: " ")).map { Array($0) }
    guard !parts.isEmpty else { return [] }
    return (isFirst ? mark : []) + parts.joined(separator: mark)
  }
}

extension PairMerging {
  /// Reads the merges of a tokenizer whose symbols are tokens.
  /// - Throws: `badData` if they are malformed, or one is of symbols that are not tokens.
  init(_ file: TokenizerFile, _ ids: [String: Int]) throws(FedMedError) {
    var merges: [(left: Int, right: Int, result: Int)] = []
    for merge in try file.merges() {
      guard let left = ids[merge.left], let right = ids[merge.right],
        let result = ids[merge.left + merge.right]
      else {
        throw file.fault(
          "missing a token of the merge '\(printable(merge.left)) \(printable(merge.right))'")
      }
      merges.append((left, right, result))
    }
    self.init(merges)
  }
}

extension String {
  /// The text in lower case. A capital sigma at the end of a word becomes a final one, as in Unicode's
  /// full mapping.
  fileprivate var lowercasedInContext: String {
    let scalars = Array(unicodeScalars)
    var result = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      if scalar == "Σ" {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
        result.append(isFinal ? "ς" : "σ")
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return String(result)
  }
}
