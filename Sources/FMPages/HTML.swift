import FMBase

/// Building blocks of a self-contained HTML page.
enum HTML {
  /// Escapes text for HTML.
  package static func escape(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// A table whose first column holds row headers.
  package static func table(_ caption: String, _ columns: [String], _ rows: [[String]]) -> String {
    let head = columns.map { "<th scope=\"col\">\(escape($0))</th>" }.joined()
    let body = rows.map { row in
      "<tr>"
        + row.enumerated().map { index, cell in
          index == 0
            ? "<th scope=\"row\">\(escape(cell))</th>" : "<td>\(escape(cell))</td>"
        }.joined() + "</tr>"
    }
    return """
      <div class="wide" role="region" tabindex="0" aria-label="\(escape(caption))"><table>
      <caption>\(escape(caption))</caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>

      """
  }

  /// A figure with a caption, and its numbers in a table that opens on demand, for screen readers
  /// and for copying.
  static func figure(_ picture: String, caption: String, legend: String = "", numbers: String = "")
    -> String
  {
    let details =
      numbers.isEmpty ? "" : "<details><summary>The numbers</summary>\(numbers)</details>\n"
    return """
      <figure>
      \(picture)
      <figcaption>\(caption)</figcaption>
      \(legend)\(details)</figure>

      """
  }

  /// A rounded number; a dash if it is `nil` or not finite.
  package static func number(_ value: Double?, places: Int = 2) -> String {
    if case .decimal(let text) = JSON.rounded(value, places: places) { return text }
    return "–"
  }

  /// A share in percent, with one decimal.
  package static func percent(_ value: Double?) -> String {
    number(value.map { 100 * $0 }, places: 1)
  }

  /// A number of bytes with a decimal unit.
  package static func bytes(_ count: Int) -> String {
    switch count {
    case ..<1000: "\(count) B"
    case ..<1_000_000: "\(number(Double(count) / 1e3, places: 1)) kB"
    case ..<1_000_000_000: "\(number(Double(count) / 1e6, places: 1)) MB"
    default: "\(number(Double(count) / 1e9, places: 2)) GB"
    }
  }
}
