import Foundation
import Testing

@testable import FMArchive
@testable import FMEncoder
@testable import FMMetrics

struct TextEncoderTests {
  struct Cases: Decodable {
    let texts: [String]
    // The file's own key.
    // swift-format-ignore
    let token_ids: [[Int]]
  }

  @Test func tokensAgreeWithCLIP() throws {
    let cases: Cases = try Golden.json("clip-tiny/expect/cases.json")
    let tokenizer = try CLIPTokenizer(folder: Golden.url("clip-tiny").path)
    #expect(cases.texts.count == 10)
    for (text, expected) in zip(cases.texts, cases.token_ids) {
      let tokens = try tokenizer.encode(text).tokens
      #expect(tokens == expected, "\(text)")
    }
  }

  @Test func featuresAgreeWithCLIP() throws {
    let cases: Cases = try Golden.json("clip-tiny/expect/cases.json")
    let actual = try TextEncoder(folder: Golden.url("clip-tiny").path).encode(cases.texts)
    #expect(relativeError(actual, try Golden.array("clip-tiny/expect/text_features")) < 1e-3)
  }

  /// tokenizer.json contains vocabulary and merges, the latter as lists or as texts.
  @Test(arguments: [true, false]) func readsASingleTokenizerFile(isList: Bool) throws {
    let folder = try TemporaryFolder()
    let vocabulary: [String: Int] = try Golden.json("clip-tiny/vocab.json")
    let merges = String(decoding: try Golden.bytes("clip-tiny/merges.txt"), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { String($0) }
    let pairs: [Any] = isList ? merges.map { $0.components(separatedBy: " ") } : merges
    let ends = vocabulary.filter { $0.key.hasPrefix("<|") }
    let added = ends.map { (token, id) -> [String: Any] in ["id": id, "content": token] }
    let plain = vocabulary.filter { !$0.key.hasPrefix("<|") }
    let model: [String: Any] = ["vocab": plain, "merges": pairs]
    let file: [String: Any] = ["model": model, "added_tokens": added]
    try JSONSerialization.data(withJSONObject: file).write(
      to: URL(fileURLWithPath: folder.path("tokenizer.json")))
    let cases: Cases = try Golden.json("clip-tiny/expect/cases.json")
    let tokenizer = try CLIPTokenizer(folder: folder.url.path)
    for (text, expected) in zip(cases.texts, cases.token_ids) {
      #expect(try tokenizer.encode(text).tokens == expected, "\(text)")
    }
  }

  /// Composed and decomposed letters give the same tokens.
  @Test func composesLetters() throws {
    let tokenizer = try CLIPTokenizer(folder: Golden.url("clip-tiny").path)
    let (composed, apart) = ("Me\u{301}nie\u{300}re", "M\u{E9}ni\u{E8}re")
    #expect(Array(composed.unicodeScalars) != Array(apart.unicodeScalars))
    #expect(try tokenizer.encode(composed).tokens == tokenizer.encode(apart).tokens)
  }
}
