import FMCommand
import FedMed

/// Scores of predictions.
extension Evaluate {
  private func samplesTable() throws(FedMedError) -> (table: Table, file: String)? {
    try scoring.samples.map { path throws(FedMedError) in
      let source = try ByteSource(path: path)
      return (try Table(text: source.text(limit: Table.sizeLimit), file: source.name), path)
    }
  }

  private func bootstrap(_ source: PredictionSource) -> Bootstrap? {
    scoring.bootstrap.map {
      Bootstrap(
        labels: source.final.labels, groups: source.groups, count: $0, seed: seed ?? 0)
    }
  }

  func score() throws(FedMedError) {
    guard inputs.count <= 1 else { throw FedMedError(.usage, "one set of predictions at a time") }
    for demand in scoring.require
    where demand.name != "samples" && Score(rawValue: demand.name) == nil {
      throw FedMedError(.usage, "there is no score '\(demand.name)' to require")
    }
    let path = inputs.first ?? "-"
    let source = try PredictionSource(
      path: path, group: scoring.group, samples: samplesTable())
    let inputs = inputs + [scoring.samples].compactMap { $0 }
    if let view = scoring.show { return try show(view, source, inputs) }
    let draws = bootstrap(source)
    var records = Records(
      "scores", columns: ["predictor", "metric", "class", "value", "lower", "upper"])
    var final: ScoreList?
    let total = (draws?.count ?? 0) * source.predictions.count
    let bar = progress("drawing", total: total)
    for (index, own) in source.predictions.enumerated() {
      let drawn = index * (draws?.count ?? 0)
      let list =
        draws.map {
          ScoreList(
            own.probabilities, names: source.classes, settings: scoring.settings, bootstrap: $0,
            progress: { bar.update(drawn + $0) })
        } ?? ScoreList(own.probabilities, names: source.classes, settings: scoring.settings)
      for row in Self.rows(list) { records.add([.string(own.predictor)] + row) }
      // The first are the ensemble's, or the only ones.
      if final == nil || own.predictor == Report.Predictor.calibrated.rawValue { final = list }
    }
    if total > 0 { bar.finish() }
    let unmet = final.flatMap { unmetDemand($0, file: path) }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
    if let unmet { throw unmet }
  }

  /// Writes another view than the scores, row by row: a ROC curve has as many points as there are
  /// different probabilities.
  private func show(
    _ view: ScoreView, _ source: PredictionSource, _ inputs: [String]
  ) throws(FedMedError) {
    try Output.write(to: output, inputs: inputs, isBinary: false) {
      descriptor, file throws(FedMedError) in
      var writer = RecordWriter(
        view.rawValue, columns: ["predictor"] + view.columns, format: format, to: descriptor,
        file: file)
      for (predictor, own) in source.predictions {
        switch view {
        case .confusion:
          for row in Self.rows(own.confusion, source.classes) {
            try writer.add([.string(predictor)] + row)
          }
        case .reliability:
          let table = ReliabilityTable(
            own, bins: scoring.settings.bins, binning: scoring.settings.binning)
          for row in Self.rows(table) { try writer.add([.string(predictor)] + row) }
        case .roc:
          for (c, name) in source.classes.enumerated() {
            let ranked = RankedScores(own, class: c)
            for point in ranked.points {
              try writer.add([.string(predictor)] + Self.row(point, ranked, name))
            }
          }
        case .decision:
          for (c, name) in source.classes.enumerated() {
            for row in Self.benefits(RankedScores(own, class: c), name) {
              try writer.add([.string(predictor)] + row)
            }
          }
        }
      }
      try writer.finish()
    }
  }

  private func unmetDemand(_ list: ScoreList, file: String) -> FedMedError? {
    scoring.require.first { !$0.isMet(by: list.value(of: $0.name)) }.map {
      let value = JSON.rounded(list.value(of: $0.name), places: 6).line
      return FedMedError(
        .unsatisfied, "\($0.name) is \(value), required is \($0.text)", file: file)
    }
  }

  private static func rows(_ list: ScoreList) -> [[JSON]] {
    list.entries.map { entry in
      [
        .string(entry.name), entry.label.map { .string($0) } ?? .null,
        entry.name == "samples"
          ? .integer(Int(entry.value ?? 0)) : .rounded(entry.value, places: 9),
        .rounded(entry.interval?.lower, places: 9), .rounded(entry.interval?.upper, places: 9),
      ]
    }
  }

  private static func rows(_ confusion: ConfusionMatrix, _ names: [String]) -> [[JSON]] {
    names.indices.flatMap { t in
      names.indices.map { p in
        [.string(names[t]), .string(names[p]), .integer(confusion.counts[t][p])]
      }
    }
  }

  private static func rows(_ table: ReliabilityTable) -> [[JSON]] {
    table.bins.map { bin in
      [
        .rounded(bin.lower, places: 6), .rounded(bin.upper, places: 6), .integer(bin.count),
        .rounded(bin.meanConfidence, places: 6), .rounded(bin.accuracy, places: 6),
      ]
    }
  }

  private static func row(
    _ point: RankedScores.Point, _ ranked: RankedScores, _ name: String
  ) -> [JSON] {
    [
      .string(name), .rounded(point.threshold, places: 9),
      .rounded(ranked.sensitivity(point), places: 6),
      .rounded(ranked.specificity(point), places: 6),
    ]
  }

  private static func benefits(_ ranked: RankedScores, _ name: String) -> [[JSON]] {
    (1...99).map { percent in
      let threshold = Double(percent) / 100
      return [
        .string(name), .rounded(threshold, places: 2),
        .rounded(ranked.netBenefit(at: threshold), places: 6),
        .rounded(ranked.netBenefitOfAll(at: threshold), places: 6), .rounded(0, places: 6),
      ]
    }
  }

  /// Compares each set of predictions with its counterpart.
  func compare() throws(FedMedError) {
    let paths = inputs.isEmpty ? ["-"] : inputs
    guard paths.count == scoring.against.count else {
      throw FedMedError(
        .usage, "\(scoring.against.count) to compare with, \(paths.count) to compare",
        hint: "each needs its counterpart, in the same order")
    }
    guard (paths + scoring.against).count(where: { $0 == "-" }) <= 1 else {
      throw FedMedError(.usage, "standard input cannot be two sets of predictions")
    }
    let table = try samplesTable()
    var (sites, comparisons): ([String], [Comparison]) = ([], [])
    let total = (scoring.bootstrap ?? 0) * paths.count
    let bar = progress("drawing", total: total)
    for (path, other) in zip(paths, scoring.against) {
      let drawn = comparisons.count * (scoring.bootstrap ?? 0)
      let first = try PredictionSource(path: path, group: scoring.group, samples: table)
      let second = try PredictionSource(path: other)
      guard first.matches(second) else {
        throw FedMedError(
          .badData, "has other samples, labels or classes than \(path)", file: other,
          hint: "what is compared must stand in the same order")
      }
      sites.append(first.site ?? path)
      comparisons.append(
        Comparison(
          first.final, second.final, names: first.classes, bootstrap: bootstrap(first),
          progress: { bar.update(drawn + $0) }))
    }
    if total > 0 { bar.finish() }
    Comparison.correct(&comparisons)
    var records = Records(
      "comparison",
      columns: [
        "site", "metric", "class", "first", "second", "difference", "lower", "upper", "p",
        "p_holm",
      ])
    for (site, comparison) in zip(sites, comparisons) {
      for entry in comparison.entries {
        records.add(
          [.string(site), .string(entry.name), entry.label.map { .string($0) } ?? .null]
            + [
              entry.first, entry.second, entry.first - entry.second, entry.interval?.lower,
              entry.interval?.upper,
            ].map { .rounded($0, places: 9) }
            + [entry.probability, entry.corrected].map { .significant($0) })
      }
    }
    let inputs = inputs + scoring.against + [scoring.samples].compactMap { $0 }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
  }
}

extension ScoreView {
  /// Beside who predicts.
  fileprivate var columns: [String] {
    switch self {
    case .confusion: ["truth", "predicted", "samples"]
    case .reliability: ["lower", "upper", "samples", "confidence", "accuracy"]
    case .roc: ["class", "threshold", "sensitivity", "specificity"]
    case .decision: ["class", "threshold", "model", "all", "none"]
    }
  }
}
