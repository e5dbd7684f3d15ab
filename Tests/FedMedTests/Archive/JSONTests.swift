import Testing

@testable import FMArchive
@testable import FMBase

struct JSONTests {
  static let limits = JSONLimits(bytes: 1 << 16, depth: 4, values: 20)

  func parse(_ text: String) throws(FedMedError) -> JSON {
    try JSON(parsing: Array(text.utf8), limits: Self.limits)
  }

  func reason(_ text: String) -> String {
    failure { _ = try parse(text) }?.description ?? "accepted"
  }

  @Test func parsesValues() throws {
    let text = #" { "a" : [ 1 , -2.5e1 , true , null ], "é\u00e9\ud83d\ude00\n\/" : "" } "#
    let value = try parse(text)
    let expected = JSON.object([
      JSON.Member(key: "a", value: .array([.integer(1), .number(-25), .boolean(true), .null])),
      JSON.Member(key: "éé😀\n/", value: .string("")),
    ])
    #expect(value == expected)
    #expect(try parse(value.text) == value)
    #expect(try parse(value.line) == value)
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "1.", ".5",
    "1e",
    "+1", "--1", "0x1", "NaN", "Infinity", "tru", "nulll", "'a'", "\"a", "\"\\x\"", "\"\\u12\"",
    "\"\\u+123\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "[1] 2", "1e999",
    "\u{FEFF}1",
  ])
  func refusesTextThatIsNotJSON(text: String) {
    #expect(failure { _ = try parse(text) }?.code == .badData)
  }

  @Test func refusesBytesThatAreNotUTF8() {
    let error = failure {
      _ = try JSON(parsing: [0x22, 0xFF, 0x22], limits: Self.limits)
    }
    #expect(error?.description == "byte 2: not UTF-8 text")
  }

  /// `jq` uses the last of two values, other parsers the first.
  @Test func refusesDuplicateKeys() throws {
    #expect(reason(#"{"a":1,"b":{"a":2},"a":3}"#) == "byte 22: duplicate key 'a'")
    // This is the same key with an escape sequence.
    #expect(reason(#"{"a":1,"\u0061":3}"#).contains("duplicate key 'a'"))
    #expect(reason(#"[{"a":1},{"a":2}]"#) == "accepted")
    // Keys with different bytes differ, even if they are equal by Unicode.
    #expect(reason("{\"K\":1,\"\u{212A}\":3}") == "accepted")
    let (a, b) = (try parse("{\"K\":1}"), try parse("{\"\u{212A}\":1}"))
    #expect(a.difference(from: b, at: "x") != nil)
  }

  @Test func enforcesLimits() {
    #expect(reason("[[[[1]]]]") == "accepted")
    #expect(reason("[[[[[1]]]]]") == "byte 4: nested deeper than 4 levels")
    let many = "[" + Array(repeating: "1", count: 20).joined(separator: ",") + "]"
    #expect(reason(many).contains("more than 20 values"))
    #expect(reason("\"" + String(repeating: "a", count: 1 << 16) + "\"").contains("65536 bytes"))
    // Comparing combining marks in different orders takes quadratic time.
    let marks = "{\"e" + String(repeating: "\u{301}\u{323}", count: 40_000) + "\":1}"
    #expect(
      failure { _ = try JSON(parsing: Array(marks.utf8), limits: .report) }?.reason
        == "key longer than 1024 bytes")
    #expect(
      reason("[" + String(repeating: "1", count: 65) + "]").contains(
        "number longer than 64 characters"))
    let deep = Array(String(repeating: "[", count: 1 << 20).utf8)
    #expect(failure { _ = try JSON(parsing: deep, limits: .report) }?.code == .badData)
  }

  /// Quadratic time would take hours for a text at the limits.
  @Test(.timeLimit(.minutes(1))) func parsesLargeTextsInLinearTime() throws {
    let count = 200_000
    let keys = (0..<count).map { "\"k\($0)\":1" }.joined(separator: ",")
    let value = try JSON(parsing: Array("{\(keys)}".utf8), limits: .report)
    guard case .object(let members) = value else {
      Issue.record("no object")
      return
    }
    #expect(members.count == count)
    #expect(value.difference(from: value, at: "x") == nil)
  }
}
