/// A plot of curves and bars as SVG with a title and a description.
struct Plot {
  /// A curve through points.
  struct Curve {
    package let name: String
    package let points: [(x: Double, y: Double)]
    /// The index of its color and dashes; `nil` is a gray guide line.
    let style: Int?
    var isThin = false
    /// Whether its points are marked.
    var isMarked = false
  }

  /// A bar over an interval of x.
  struct Bar {
    package let from: Double
    package let to: Double
    package let height: Double
  }

  package let title: String
  package let description: String
  package let x: (label: String, range: ClosedRange<Double>)
  package let y: (label: String, range: ClosedRange<Double>)
  /// Whether x takes only integers.
  package var isWhole = false
  var bars: [Bar] = []
  package var curves: [Curve] = []

  /// A color that is safe for color-blind readers (Okabe and Ito 2008), and dashes for grayscale
  /// prints.
  static func stroke(_ style: Int?) -> (color: String, dashes: String) {
    guard let style else { return ("#8a8a8a", "2 3") }
    let colors = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b", "#56b4e9", "#000000"]
    let dashes = ["", "6 3", "2 2", "8 3 2 3", "10 4", "4 1", "1 3"]
    return (
      colors[style % colors.count], dashes[(style + style / colors.count) % dashes.count]
    )
  }

  /// A legend that shows the line style of each curve.
  static func legend(_ entries: [(name: String, style: Int?)]) -> String {
    let items = entries.map { entry in
      let (color, dashes) = stroke(entry.style)
      return "<li><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><path d=\"M0 4H28\" "
        + "stroke=\"\(color)\" stroke-width=\"2\" stroke-dasharray=\"\(dashes)\"/></svg> "
        + "\(HTML.escape(entry.name))</li>"
    }
    return "<ul class=\"legend\">\(items.joined())</ul>\n"
  }

  private static let (width, height) = (360.0, 260.0)
  private static let (left, right, top, bottom) = (44.0, 350.0, 10.0, 218.0)

  private func place(_ x: Double, _ y: Double) -> (String, String) {
    let (xs, ys) = (self.x.range, self.y.range)
    let across = (x - xs.lowerBound) / (xs.upperBound - xs.lowerBound)
    let up =
      (min(max(y, ys.lowerBound), ys.upperBound) - ys.lowerBound)
      / (ys.upperBound - ys.lowerBound)
    return (
      HTML.number(Self.left + across * (Self.right - Self.left), places: 1),
      HTML.number(Self.bottom - up * (Self.bottom - Self.top), places: 1)
    )
  }

  /// Round numbers within a range, four to eight of them.
  static func ticks(_ range: ClosedRange<Double>) -> [Double] {
    let span = range.upperBound - range.lowerBound
    var step = 1e-6
    search: while true {
      for factor in [1.0, 2, 2.5, 5] where span / (step * factor) <= 6 {
        step *= factor
        break search
      }
      step *= 10
    }
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  private static func label(_ value: Double) -> String {
    for places in 0...4 {
      let text = HTML.number(value, places: places)
      if let shown = Double(text), (shown - value).magnitude < 1e-9 { return text }
    }
    return HTML.number(value, places: 4)
  }

  private var axes: String {
    var text = ""
    for tick in Self.ticks(x.range) where !isWhole || tick == tick.rounded() {
      let (at, _) = place(tick, 0)
      text +=
        "<path class=\"grid\" d=\"M\(at) \(Self.top)V\(Self.bottom)\"/><text x=\"\(at)\" y=\"232\" text-anchor=\"middle\">\(Self.label(tick))</text>\n"
    }
    for tick in Self.ticks(y.range) {
      let (_, at) = place(0, tick)
      text +=
        "<path class=\"grid\" d=\"M\(Self.left) \(at)H\(Self.right)\"/><text x=\"40\" y=\"\(at)\" dy=\"4\" text-anchor=\"end\">\(Self.label(tick))</text>\n"
    }
    let middle = (Self.top + Self.bottom) / 2
    return text + """
      <path class="axis" d="M\(Self.left) \(Self.top)V\(Self.bottom)H\(Self.right)"/>
      <text x="197" y="252" text-anchor="middle">\(HTML.escape(x.label))</text>
      <text x="11" y="\(middle)" transform="rotate(-90 11 \(middle))" text-anchor="middle">\(HTML.escape(y.label))</text>

      """
  }

  /// The plot as SVG.
  /// - Parameter id: an identifier unique on the page.
  func svg(id: String) -> String {
    var text = """
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-labelledby="\(id)-t \(id)-d">
      <title id="\(id)-t">\(HTML.escape(title))</title>
      <desc id="\(id)-d">\(HTML.escape(description))</desc>
      \(axes)
      """
    for bar in bars {
      let ((x0, y0), (x1, base)) = (place(bar.from, bar.height), place(bar.to, y.range.lowerBound))
      text += "<path class=\"bar\" d=\"M\(x0) \(base)V\(y0)H\(x1)V\(base)Z\"/>\n"
    }
    for curve in curves {
      let (color, dashes) = Self.stroke(curve.style)
      let places = curve.points.map { place($0.x, $0.y) }
      let line = places.map { "\($0.0) \($0.1)" }.joined(separator: "L")
      guard !places.isEmpty else { continue }
      text +=
        "<path d=\"M\(line)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(curve.isThin ? 1 : 2)\" stroke-dasharray=\"\(curve.isThin ? "1 2" : dashes)\"/>\n"
      if curve.isMarked {
        for (x, y) in places {
          text += "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"3\" fill=\"\(color)\"/>\n"
        }
      }
    }
    return text + "</svg>"
  }
}
