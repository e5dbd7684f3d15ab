/// Tokens that stand for themselves in a text, such as `</s>`; the text between them is split further.
struct SpecialTokens: Sendable {
  private let ids: [String: Int]
  /// The contents, longest first.
  private let contents: [String]

  /// Creates a set of tokens with their numbers.
  init(_ ids: [String: Int]) {
    self.ids = ids
    contents = ids.keys.filter { !$0.isEmpty }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }

  /// A part of a text.
  enum Part: Equatable {
    case text(String)
    case token(Int)
  }

  /// Splits a text at the tokens that it contains. Where several begin, the longest one counts.
  func split(_ text: String) -> [Part] {
    guard !contents.isEmpty else { return text.isEmpty ? [] : [.text(text)] }
    var parts: [Part] = []
    let scalars = Array(text.unicodeScalars)
    let tokens = contents.map { Array($0.unicodeScalars) }
    var (start, place) = (0, 0)
    func close() {
      guard start < place else { return }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars[start..<place])
      parts.append(.text(String(view)))
    }
    while place < scalars.count {
      if let index = tokens.firstIndex(where: { scalars[place...].starts(with: $0) }) {
        close()
        parts.append(.token(ids[contents[index]] ?? 0))
        place += tokens[index].count
        start = place
      } else {
        place += 1
      }
    }
    close()
    return parts
  }
}
