import FMBase
import FMReports

/// Building blocks of a self-contained HTML page.
enum HTML {
  /// Escapes text for HTML.
  static func escape(_ text: String) -> String {
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

  /// A cell of a table.
  struct Cell: ExpressibleByStringInterpolation {
    let html: String
    /// A share of 0…1 that is shown as the darkness of the cell; `nil` for none.
    var share: Double?
    /// Whether it holds words, which are aligned to the left.
    var isText = false

    /// A cell with plain text.
    init(stringLiteral text: String) { html = HTML.escape(text) }
    init(_ text: String, isText: Bool = false) {
      (html, self.isText) = (HTML.escape(text), isText)
    }

    /// A cell with markup.
    init(html: String, share: Double? = nil) { (self.html, self.share) = (html, share) }
  }

  /// A table whose first column holds row headers and stays in place when the others are scrolled.
  static func table(_ caption: String, _ columns: [String], _ rows: [[Cell]]) -> String {
    let head = columns.enumerated().map { index, column in
      let isText = rows.first.map { $0.indices.contains(index) && $0[index].isText } ?? false
      return "<th scope=\"col\"\(isText ? " class=\"text\"" : "")>\(escape(column))</th>"
    }.joined()
    let body = rows.map { row in
      "<tr>"
        + row.enumerated().map { index, cell in
          guard index > 0 else { return "<th scope=\"row\">\(cell.html)</th>" }
          let heat = cell.share.map { " class=\"heat\" style=\"--s:\(number($0))\"" } ?? ""
          return "<td\(cell.isText ? " class=\"text\"" : heat)>\(cell.html)</td>"
        }.joined() + "</tr>"
    }
    return """
      <p class="caption" aria-hidden="true">\(escape(caption))</p>
      <div class="wide" role="region" tabindex="0" aria-label="\(escape(caption))"><table aria-label="\(escape(caption))">
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>

      """
  }

  /// A section of the page with its heading.
  static func section(_ id: String, _ title: String, _ body: String) -> String {
    body.isEmpty
      ? ""
      : "<section id=\"\(id)\" aria-labelledby=\"\(id)-h\">\n<h2 id=\"\(id)-h\">\(escape(title))</h2>\n\(body)</section>\n"
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

  static func paragraph(_ text: String) -> String { "<p>\(escape(text))</p>\n" }

  static func note(_ text: String) -> String { "<p class=\"note\">\(escape(text))</p>\n" }

  static func list(_ items: [String]) -> String {
    items.isEmpty
      ? "" : "<ul>\n\(items.map { "<li>\(escape($0))</li>\n" }.joined())</ul>\n"
  }

  /// The name of class `index` with its color.
  static func className(_ name: String, _ index: Int) -> String {
    "<span class=\"dot \(Plot.Style.ofClass(index).color)\" aria-hidden=\"true\"></span>\(escape(name))"
  }
}

/// Numbers as the page and the model card write them.
enum Shown {
  /// A rounded number; a dash if it is `nil` or not finite.
  static func number(_ value: Double?, places: Int = 2) -> String {
    guard case .decimal(let text) = JSON.rounded(value, places: places) else { return "–" }
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  /// A share in percent, with one decimal, without the sign.
  static func percent(_ value: Double?) -> String { number(value.map { 100 * $0 }, places: 1) }

  /// A share in percent with its interval, such as `88.1 (85.2 to 90.7)`.
  static func percent(_ estimate: Estimate?) -> String {
    percent(estimate?.value) + (interval(estimate, percent).map { " (\($0))" } ?? "")
  }

  /// A score with its interval, such as `0.912 (0.887 to 0.934)`.
  static func score(_ estimate: Estimate?) -> String {
    func shown(_ value: Double?) -> String { number(value, places: 3) }
    return shown(estimate?.value) + (interval(estimate, shown).map { " (\($0))" } ?? "")
  }

  /// A difference in percentage points with its interval, such as `+1.2 (−0.4 to 2.8)`.
  static func points(_ estimate: Estimate?) -> String {
    let sign = (estimate?.value ?? 0) >= 0.0005 ? "+" : ""
    return sign + percent(estimate)
  }

  private static func interval(
    _ estimate: Estimate?, _ shown: (Double?) -> String
  ) -> String? {
    // Draws that are all alike, as of a few images that are all correct, say nothing.
    guard let lower = estimate?.lower, let upper = estimate?.upper, lower < upper else {
      return nil
    }
    // Non-breaking spaces: a line may end only before the interval.
    return "\(shown(lower))\u{A0}to\u{A0}\(shown(upper))"
  }

  /// A number of bytes with a decimal unit.
  static func bytes(_ count: Int) -> String {
    switch count {
    case ..<1000: "\(count) B"
    case ..<1_000_000: "\(number(Double(count) / 1e3, places: 1)) kB"
    case ..<1_000_000_000: "\(number(Double(count) / 1e6, places: 1)) MB"
    default: "\(number(Double(count) / 1e9, places: 2)) GB"
    }
  }

  /// A number with the noun it counts, such as `1 site` and `3 sites`.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// The first names of a list, and the number of the others.
  static func names(_ names: [String], most: Int = 12) -> String {
    names.prefix(most).joined(separator: ", ")
      + (names.count > most ? " and \(names.count - most) more" : "")
  }

  /// A time to the minute, such as `2026-11-27 14:05 UTC`.
  static func time(_ seconds: Int) -> String {
    let text = utcTime(seconds)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }
}

extension HTML {
  /// A number in an attribute, with a hyphen as its sign.
  static func number(_ value: Double, places: Int = 2) -> String {
    if case .decimal(let text) = JSON.rounded(value, places: places) { return text }
    return "0"
  }
}
