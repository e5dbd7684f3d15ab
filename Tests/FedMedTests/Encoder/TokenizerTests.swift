import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMEncoder

/// The tokens of 200 texts with accents, emoji, many scripts, special tokens and up to 500 words; see
/// Golden/README.md.
struct TokenizerTests {
  private func agree(_ name: String, _ tokenizer: any Tokenizer, padding: Int? = nil) throws {
    let texts: [String] = try Golden.json("encoders/tokens/texts.json")
    let expected: [[Int]] = try Golden.json("encoders/tokens/\(name).json")
    #expect(texts.count == 200 && expected.count == 200)
    for (index, (text, ids)) in zip(texts, expected).enumerated() {
      var tokens = try tokenizer.encode(text).tokens
      // BERT's texts are not padded, because padding has no effect there.
      if let padding { tokens += [Int](repeating: padding, count: ids.count - tokens.count) }
      #expect(tokens == ids, "\(name) \(index): \(text.prefix(80))")
    }
  }

  private func path(_ name: String) throws -> String { try Golden.url(name).path }

  @Test func clipAgrees() throws {
    try agree("clip", CLIPTokenizer(folder: path("clip-tiny")))
  }

  @Test func siglipAgrees() throws {
    try agree("siglip", SentencePieceTokenizer(folder: path("encoders/siglip"), length: 16))
  }

  @Test func siglip2Agrees() throws {
    try agree("siglip2", SentencePieceTokenizer(folder: path("encoders/siglip2"), length: 20))
  }

  @Test(arguments: ["biomedclip", "biomedclip-b"]) func bertAgrees(_ name: String) throws {
    try agree("bert", WordPieceTokenizer(folder: path("encoders/\(name)"), length: 32), padding: 0)
  }

  /// tokenizer.json with the same pieces and replacements as spiece.model gives the same tokens.
  @Test func unigramModelsOfBothFilesAgree() throws {
    let model = try SentencePieceModel(path: path("encoders/siglip/spiece.model"))
    // The replacements are the first field of length-delimited bytes that is this long.
    let bytes = try Golden.bytes("encoders/siglip/spiece.model")
    let table = try #require(Self.characterTable(bytes))
    let folder = try TemporaryFolder()
    let file: [String: Any] = [
      "normalizer": [
        "type": "Sequence",
        "normalizers": [
          ["type": "Lowercase"],
          [
            "type": "Precompiled", "precompiled_charsmap": Data(table).base64EncodedString(),
          ] as [String: Any],
        ] as [Any],
      ] as [String: Any],
      "model": [
        "type": "Unigram", "unk_id": 2,
        "vocab": model.pieces.map { [$0.piece, $0.role == .normal ? $0.score : 0.0] as [Any] },
      ] as [String: Any],
    ]
    try JSONSerialization.data(withJSONObject: file).write(
      to: URL(fileURLWithPath: folder.path("tokenizer.json")))
    try agree("siglip", SentencePieceTokenizer(folder: folder.url.path, length: 16))
  }

  /// Finds the replacements in spiece.model: bytes that begin with the length of a trie which is
  /// followed by text.
  private static func characterTable(_ bytes: [UInt8]) -> [UInt8]? {
    guard let name = Data(bytes).range(of: Data("nmt_nfkc".utf8)) else { return nil }
    // Behind the name: the field's key, its length in seven bits per byte, and the bytes.
    var (place, length, shift) = (name.upperBound + 1, 0, 0)
    while place < bytes.count {
      length |= Int(bytes[place] & 0x7F) << shift
      shift += 7
      place += 1
      if bytes[place - 1] & 0x80 == 0 { break }
    }
    return place + length <= bytes.count ? Array(bytes[place..<place + length]) : nil
  }
}
