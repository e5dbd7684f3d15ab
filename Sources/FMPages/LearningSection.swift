import FMReports

/// Validation accuracy and training losses by round.
struct LearningSection {
  let run: RunReport

  /// A point of a curve.
  typealias Point = (x: Double, y: Double)

  var html: String {
    let (accuracy, losses) = (accuracy, losses)
    guard !(accuracy + losses).isEmpty else { return "" }
    let isLarge = run.sites.count > SiteSection.maximumFigures
    return HTML.section(
      "learning", "Learning curves",
      (accuracy.isEmpty
        ? HTML.paragraph("Losses on the training images by round.")
        : HTML.paragraph(
          "Accuracy on validation images after each round. The point marks the best round"
            + (isLarge
              ? "; thin lines are the lowest and the highest tenth of the sites."
              : "; the dotted line is the mean of all sites.")))
        + "<div class=\"figures\">\n\(accuracy)\(losses)</div>\n")
  }

  private var best: Double? { run.rounds.first(where: \.isBest).map { Double($0.number) } }

  /// The mean accuracy of the sites by round.
  private var mean: [Point] {
    run.rounds.compactMap { round in round.accuracy.map { (Double(round.number), $0) } }
  }

  private func own(_ site: String) -> [Point] {
    run.rounds.compactMap { round in
      round.sites[site].flatMap { counts in
        counts.total > 0
          ? (Double(round.number), Double(counts.correct) / Double(counts.total)) : nil
      }
    }
  }

  private var accuracy: String {
    // A single point is no curve.
    guard mean.count > 1 else { return "" }
    guard run.sites.count <= SiteSection.maximumFigures else { return figure(nil, 0) }
    return figure(nil, 0) + run.sites.enumerated().map { figure($1, $0 + 1) }.joined()
  }

  private func figure(_ site: String?, _ index: Int) -> String {
    let mean = mean
    let points = site.map(own) ?? mean
    guard let first = mean.first?.x, let last = mean.last?.x else { return "" }
    let name = site ?? "mean of all sites"
    var curves: [Plot.Curve] = []
    if site != nil {
      curves.append(Plot.Curve(name: "mean", points: mean, style: .guide))
    } else if run.sites.count > SiteSection.maximumFigures {
      curves += [0.1, 0.9].map {
        Plot.Curve(name: "tenth", points: quantile($0), style: .series(0), isThin: true)
      }
    }
    curves.append(
      Plot.Curve(name: name, points: points, style: .series(0), isMarked: points.count == 1))
    curves.append(
      Plot.Curve(
        name: "best round", points: points.filter { $0.x == best }, style: .series(0),
        isMarked: true))
    let plot = Plot(
      title: "Validation accuracy by round, \(name)",
      description: points.last.map {
        "From \(Shown.percent(points[0].y)) % to \(Shown.percent($0.y)) %, with a maximum of "
          + "\(Shown.percent(points.map(\.y).max())) %."
      } ?? "No validation images.",
      x: ("round", first...max(last, first + 1)), y: ("accuracy", 0...1), isWhole: true,
      curves: curves)
    let rows = points.map { point -> [HTML.Cell] in
      ["\(Int(point.x))", "\(Shown.percent(point.y))"]
    }
    return HTML.figure(
      plot.svg(id: "learning-\(index)"), caption: HTML.escape(name),
      numbers: HTML.table(
        "Validation accuracy in percent, \(name)", ["round", "accuracy"], rows))
  }

  /// The accuracy that a share of the sites does not exceed, by round.
  private func quantile(_ share: Double) -> [Point] {
    run.rounds.compactMap { round in
      let values = round.sites.values.filter { $0.total > 0 }
        .map { Double($0.correct) / Double($0.total) }.sorted()
      return values.isEmpty
        ? nil : (Double(round.number), values[Int(share * Double(values.count - 1))])
    }
  }

  // MARK: Losses

  /// The mean losses over the sites that trained on this machine, and the total loss of each.
  private var losses: String {
    let table = run.losses
    let terms = Array(table.columns.dropFirst(3))
    guard !table.rows.isEmpty else { return "" }
    let means = terms.indices.map { mean(of: $0) }
    let bySite = Dictionary(grouping: table.rows, by: { $0[0] })
    let names = bySite.keys.sorted { $0.precedes($1) }
    let total = Plot.Curve(name: "mean", points: means[0], style: .series(0))
    let sites = names.prefix(SiteSection.maximumFigures).map { name in
      Plot.Curve(
        name: name, points: points(of: 0, bySite[name] ?? []), style: .guide, isThin: true)
    }
    return plot(
      "training-terms", "Training loss and its terms, mean of the sites",
      terms.indices.map { Plot.Curve(name: terms[$0], points: means[$0], style: .series($0)) },
      legend: Plot.legend(terms.indices.map { (terms[$0], .series($0)) }))
      + (names.count < 2
        ? ""
        : plot(
          "training-sites", "Training loss, mean of the sites, and the sites as thin lines",
          sites + [total], legend: ""))
  }

  /// The loss of one term by epoch, which ends at the round's number in the last one.
  private func points(of term: Int, _ rows: [[String]]) -> [Point] {
    let epochs = Dictionary(grouping: rows, by: { $0[1] }).mapValues(\.count)
    return rows.compactMap { row in
      guard let round = Double(row[1]), let epoch = Double(row[2]),
        let loss = Double(row[3 + term]),
        loss.isFinite
      else { return nil }
      return (round - 1 + epoch / Double(max(epochs[row[1]] ?? 1, 1)), loss)
    }.sorted { $0.x < $1.x }
  }

  private func mean(of term: Int) -> [Point] {
    var sums: [Double: (sum: Double, count: Int)] = [:]
    for (_, rows) in Dictionary(grouping: run.losses.rows, by: { $0[0] }).sorted(by: {
      $0.key < $1.key
    }) {
      for point in points(of: term, rows) {
        let old = sums[point.x] ?? (0, 0)
        sums[point.x] = (old.sum + point.y, old.count + 1)
      }
    }
    return sums.keys.sorted().compactMap { x in
      sums[x].map { (x, $0.sum / Double($0.count)) }
    }
  }

  private func plot(_ id: String, _ title: String, _ curves: [Plot.Curve], legend: String) -> String
  {
    let points = curves.flatMap(\.points)
    guard let lowest = points.map(\.y).min(), let highest = points.map(\.y).max(),
      let last = points.map(\.x).max()
    else { return "" }
    let bottom = min(lowest, 0)
    let range = bottom...max(highest * 1.05, bottom + 1e-3)
    let plot = Plot(
      title: title,
      description:
        "From \(Shown.number(lowest, places: 3)) to \(Shown.number(highest, places: 3)).",
      x: ("round", 0...max(last, 1)), y: ("loss", range), curves: curves)
    return HTML.figure(plot.svg(id: id), caption: HTML.escape(title), legend: legend)
  }
}
