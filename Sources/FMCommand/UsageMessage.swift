import FedMed

/// The argument parser's message for a wrong call, in the wording of our own messages.
struct UsageMessage {
  let text: String
  let hint: String?

  /// - Parameter text: the parser's message.
  init(_ text: String) {
    let line = text.prefix { !$0.isNewline }
    if let match = line.wholeMatch(of: #/Unknown option '(.+?)'\. Did you mean '(.+)'\?/#) {
      self.text = "unknown option '\(match.1)'"
      hint = "did you mean \(match.2)?"
    } else if let match = line.wholeMatch(of: #/Missing expected argument '(--[a-z0-9-]+) .*'/#) {
      (self.text, hint) = ("\(match.1) is required", nil)
    } else if let match = text.firstMatch(
      of: #/^The value '(.*?)' is invalid for '([^ ']+).*?'\. Please provide one of (?s:(.*))/#)
    {
      // A list of words in quotes with commas, or one word per line after a dash.
      let words: [Substring] = match.3.split { !($0.isLetter || $0.isNumber || "-_+".contains($0)) }
      let fillers: Set<Substring> = ["or", "the", "following", "-"]
      let names = words.filter { !fillers.contains($0) }
      let option = match.2.filter { $0 != "<" && $0 != ">" }.drop { $0 == "-" }
      self.text = "unknown \(option) '\(match.1)' (known: \(names.joined(separator: ", ")))"
      hint = nil
    } else {
      self.text = text.prefix(1).lowercased() + text.dropFirst()
      hint = nil
    }
  }

  /// The option that a message says is missing, such as `--scheme`.
  static func missingOption(_ text: String) -> String? {
    text.firstMatch(of: #/^Missing expected argument '(--[a-z0-9-]+) /#).map { String($0.1) }
  }
}
