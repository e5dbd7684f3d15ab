import Testing

@testable import FedMed

struct TextEncoderTests {
  struct Cases: Decodable {
    let texts: [String]
    // The file's own key.
    // swift-format-ignore
    let token_ids: [[Int]]
  }

  @Test func tokensAreCLIPs() throws {
    let cases: Cases = try Golden.json("clip-tiny/expect/cases.json")
    let tokenizer = try Tokenizer(folder: Golden.url("clip-tiny").path)
    #expect(cases.texts.count == 10)
    for (text, expected) in zip(cases.texts, cases.token_ids) {
      let tokens = try tokenizer.encode(text).tokens
      #expect(tokens == expected, "\(text)")
    }
  }

  @Test func featuresAreCLIPs() throws {
    let cases: Cases = try Golden.json("clip-tiny/expect/cases.json")
    let actual = try TextEncoder(folder: Golden.url("clip-tiny").path).encode(cases.texts)
    #expect(relativeError(actual, try Golden.array("clip-tiny/expect/text_features")) < 1e-3)
  }
}
