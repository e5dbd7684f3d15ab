/// A plot of curves and bars as SVG with a title and a description.
struct Plot {
  /// A curve through points.
  struct Curve {
    let name: String
    let points: [(x: Double, y: Double)]
    let style: Style
    var isThin = false
    /// Whether its points are marked.
    var isMarked = false
  }

  /// The look of a curve.
  enum Style {
    /// A gray, dotted line to compare with.
    case guide
    /// One of a few curves that are not about a class: black, with dashes of its own.
    case series(Int)
    /// The color of a class, the same everywhere, with dashes of its own.
    case ofClass(Int)

    /// The style class that sets the color, for light and for dark pages. Colors are safe for
    /// color-blind readers (after Okabe and Ito 2008).
    var color: String {
      switch self {
      case .guide: "guide"
      case .series: "ink"
      case .ofClass(let index): "c\(index % Self.colors)"
      }
    }

    /// Dashes that distinguish curves of one color, and all curves in grayscale prints.
    var dashes: String {
      let patterns = ["", "6 3", "2 2", "8 3 2 3", "10 4", "4 1", "10 3 2 3 2 3"]
      switch self {
      case .guide: return "2 3"
      case .series(let index): return patterns[index % patterns.count]
      case .ofClass(let index): return patterns[(index + index / Self.colors) % patterns.count]
      }
    }

    /// The number of different colors.
    private static let colors = 7
  }

  /// A bar over an interval of x.
  struct Bar {
    let from: Double
    let to: Double
    let height: Double
    /// A number written at its foot.
    var label = ""
  }

  let title: String
  let description: String
  let x: (label: String, range: ClosedRange<Double>)
  let y: (label: String, range: ClosedRange<Double>)
  /// Whether x takes only integers.
  var isWhole = false
  var bars: [Bar] = []
  var curves: [Curve] = []

  /// A legend that shows the line style of each curve.
  static func legend(_ entries: [(name: String, style: Style)]) -> String {
    let items = entries.map { entry in
      "<li><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><path class=\"line \(entry.style.color)\" "
        + "d=\"M0 4H28\" stroke-dasharray=\"\(entry.style.dashes)\"/></svg> "
        + "\(HTML.escape(entry.name))</li>"
    }
    return "<ul class=\"legend\">\(items.joined())</ul>\n"
  }

  private static let (width, height) = (360.0, 260.0)
  private static let (left, right, top, bottom) = (44.0, 350.0, 12.0, 218.0)

  private func across(_ x: Double) -> Double {
    let range = self.x.range
    return Self.left
      + (x - range.lowerBound) / (range.upperBound - range.lowerBound) * (Self.right - Self.left)
  }

  private func up(_ y: Double) -> Double {
    let range = self.y.range
    return Self.bottom
      - (y - range.lowerBound) / (range.upperBound - range.lowerBound) * (Self.bottom - Self.top)
  }

  private static func at(_ value: Double) -> String {
    let text = HTML.number(value, places: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
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
      if let shown = Double(text), (shown - value).magnitude < 1e-9 {
        return Shown.number(value, places: places)
      }
    }
    return Shown.number(value, places: 4)
  }

  private var axes: String {
    var text = ""
    for tick in Self.ticks(x.range) where !isWhole || tick == tick.rounded() {
      let at = Self.at(across(tick))
      text +=
        "<path class=\"grid\" d=\"M\(at) \(Self.at(Self.top))V\(Self.at(Self.bottom))\"/><text x=\"\(at)\" y=\"232\" text-anchor=\"middle\">\(Self.label(tick))</text>\n"
    }
    for tick in Self.ticks(y.range) {
      let at = Self.at(up(tick))
      text +=
        "<path class=\"grid\" d=\"M\(Self.at(Self.left)) \(at)H\(Self.at(Self.right))\"/><text x=\"40\" y=\"\(at)\" dy=\"4\" text-anchor=\"end\">\(Self.label(tick))</text>\n"
    }
    let middle = Self.at((Self.top + Self.bottom) / 2)
    return text + """
      <path class="axis" d="M\(Self.at(Self.left)) \(Self.at(Self.top))V\(Self.at(Self.bottom))H\(Self.at(Self.right))"/>
      <text x="197" y="252" text-anchor="middle">\(HTML.escape(x.label))</text>
      <text x="11" y="\(middle)" transform="rotate(-90 11 \(middle))" text-anchor="middle">\(HTML.escape(y.label))</text>

      """
  }

  /// The parts of a curve within the range of y. A part that leaves the range ends at the edge.
  func visible(_ points: [(x: Double, y: Double)]) -> [[(x: Double, y: Double)]] {
    let range = y.range
    var (parts, part): ([[(x: Double, y: Double)]], [(x: Double, y: Double)]) = ([], [])
    for (index, point) in points.enumerated() {
      if index > 0 {
        let before = points[index - 1]
        // The crossings of an edge between both points, in their order.
        let crossings = [range.lowerBound, range.upperBound].compactMap { edge -> Double? in
          guard (before.y < edge) != (point.y < edge), before.y != edge, point.y != edge else {
            return nil
          }
          return (edge - before.y) / (point.y - before.y)
        }.sorted()
        for share in crossings {
          let isInside = !part.isEmpty
          part.append(
            (before.x + share * (point.x - before.x), before.y + share * (point.y - before.y)))
          if isInside {
            parts.append(part)
            part = []
          }
        }
      }
      if range.contains(point.y) {
        part.append(point)
      } else if !part.isEmpty {
        parts.append(part)
        part = []
      }
    }
    return (parts + [part]).filter { !$0.isEmpty }
  }

  /// The path through points, without those that change nothing.
  private func path(_ points: [(x: Double, y: Double)]) -> String {
    var places: [(String, String)] = []
    for point in points {
      let place = (Self.at(across(point.x)), Self.at(up(point.y)))
      if let last = places.last, last == place { continue }
      if places.count > 1 {
        let (a, b) = (places[places.count - 2], places[places.count - 1])
        if a.0 == b.0 && b.0 == place.0 || a.1 == b.1 && b.1 == place.1 { places.removeLast() }
      }
      places.append(place)
    }
    return "M" + places.map { "\($0.0) \($0.1)" }.joined(separator: "L")
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
      let (from, to) = (across(bar.from), across(bar.to))
      let top = up(min(max(bar.height, y.range.lowerBound), y.range.upperBound))
      text +=
        "<path class=\"bar\" d=\"M\(Self.at(from)) \(Self.at(Self.bottom))V\(Self.at(top))H\(Self.at(to))V\(Self.at(Self.bottom))Z\"/>\n"
      if !bar.label.isEmpty {
        text +=
          "<text class=\"count\" x=\"\(Self.at((from + to) / 2))\" y=\"\(Self.at(Self.bottom - 4))\" text-anchor=\"middle\">\(HTML.escape(bar.label))</text>\n"
      }
    }
    for curve in curves {
      let color = curve.style.color
      let dashes = curve.isThin ? "1 2" : curve.style.dashes
      for part in visible(curve.points) {
        if part.count > 1 {
          text +=
            "<path class=\"line \(curve.isThin ? "thin " : "")\(color)\" d=\"\(path(part))\" stroke-dasharray=\"\(dashes)\"/>\n"
        }
        guard curve.isMarked else { continue }
        for point in part {
          text +=
            "<circle class=\"\(color)\" cx=\"\(Self.at(across(point.x)))\" cy=\"\(Self.at(up(point.y)))\" r=\"3\"/>\n"
        }
      }
    }
    return text + "</svg>"
  }
}
