/// A confusion matrix as SVG: one row per true class, one column per predicted class. The opacity
/// of a cell is its share of the row.
struct ConfusionPicture {
  /// The counts [true class][predicted class]; a row is `nil` if its class is hidden.
  package let counts: [[Int]?]
  /// The class names.
  package let names: [String]

  func svg(id: String, title: String) -> String {
    let count = names.count
    // Cells have room for a number of two digits.
    let side = min(34.0, max(220 / Double(count), 16))
    let (left, top) = (130.0, 22.0)
    let (width, height) = (left + side * Double(count) + 4, top + side * Double(count) + 18)
    func at(_ value: Double) -> String { HTML.number(value, places: 1) }
    var text = """
      <svg class="matrix" viewBox="0 0 \(at(width)) \(at(height))" role="img" aria-labelledby="\(id)-t \(id)-d">
      <title id="\(id)-t">\(HTML.escape(title))</title>
      <desc id="\(id)-d">\(HTML.escape(description))</desc>

      """
    for (t, row) in counts.enumerated() {
      let total = row?.reduce(0, +) ?? 0
      let y = top + side * Double(t)
      text +=
        "<text x=\"\(at(left - 6))\" y=\"\(at(y + side / 2 + 4))\" text-anchor=\"end\">\(HTML.escape(Self.short(names[t]))) \(t + 1)</text>\n"
      text +=
        "<text x=\"\(at(left + side * (Double(t) + 0.5)))\" y=\"15\" text-anchor=\"middle\">\(t + 1)</text>\n"
      for p in names.indices {
        let value = row?[p] ?? 0
        let x = left + side * Double(p)
        let share = total == 0 ? 0 : Double(value) / Double(total)
        text +=
          "<rect x=\"\(at(x))\" y=\"\(at(y))\" width=\"\(at(side))\" height=\"\(at(side))\" fill=\"#0072b2\" fill-opacity=\"\(HTML.number(share))\" class=\"cell\"/>"
        text +=
          "<text x=\"\(at(x + side / 2))\" y=\"\(at(y + side / 2 + 4))\" text-anchor=\"middle\" class=\"\(share > 0.8 ? "light" : "dark")\">\(row == nil ? "–" : "\(value)")</text>\n"
      }
    }
    return text
      + "<text x=\"\(at(left + side * Double(count) / 2))\" y=\"\(at(height - 3))\" text-anchor=\"middle\">predicted class</text></svg>"
  }

  private var description: String {
    zip(names, counts).enumerated().map { index, pair in
      guard let row = pair.1 else { return "\(pair.0): hidden" }
      return "\(pair.0): \(row[index]) of \(row.reduce(0, +)) correct"
    }.joined(separator: "; ") + "."
  }

  private static func short(_ name: String) -> String {
    name.count > 16 ? name.prefix(15) + "…" : name
  }
}
