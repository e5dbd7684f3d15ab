import FMBase
import FMReports

/// Traffic and time.
struct CostSection {
  let run: RunReport

  var html: String { HTML.section("cost", "Traffic and time", traffic + time) }

  private var traffic: String {
    guard !run.traffic.isEmpty else { return "" }
    var sums: [String: (models: Int, down: Int, up: Int)] = [:]
    for entry in run.traffic {
      let old = sums[entry.site] ?? (0, 0, 0)
      sums[entry.site] = (old.models + 1, old.down + entry.down, old.up + entry.up)
    }
    let isLarge = sums.count > SiteSection.maximumFigures
    let total = sums.values.reduce((0, 0)) { ($0.0 + $1.down, $0.1 + $1.up) }
    var rows = sums.keys.sorted { $0.precedes($1) }.compactMap { site -> [HTML.Cell]? in
      guard !isLarge, let sum = sums[site] else { return nil }
      return [
        HTML.Cell(site), "\(sum.models)", "\(Shown.bytes(sum.down))", "\(Shown.bytes(sum.up))",
      ]
    }
    rows.append([
      "all \(sums.count)", "", "\(Shown.bytes(total.0))", "\(Shown.bytes(total.1))",
    ])
    return HTML.table(
      "Bytes that each site received and sent", ["site archive", "models", "download", "upload"],
      rows)
  }

  private var time: String {
    let times = run.rounds.compactMap { round in
      round.seconds.map { (x: Double(round.number), y: $0) }
    }
    guard times.count > 1, let longest = times.map(\.y).max(), longest > 0 else { return "" }
    let sorted = times.map(\.y).sorted()
    let plot = Plot(
      title: "Seconds by round",
      description: "From \(Shown.number(sorted[0], places: 1)) to "
        + "\(Shown.number(longest, places: 1)) seconds.",
      x: ("round", times[0].x...max(times[times.count - 1].x, times[0].x + 1)),
      y: ("seconds", 0...longest * 1.05), isWhole: true,
      curves: [Plot.Curve(name: "", points: times, style: .series(0))])
    return "<div class=\"figures\">"
      + HTML.figure(
        plot.svg(id: "time"),
        caption: "Time from one model to the next, by the times of their files: median "
          + "\(Shown.number(sorted[sorted.count / 2], places: 1)) s, total "
          + "\(Shown.number(sorted.reduce(0, +), places: 0)) s.") + "</div>\n"
  }
}
