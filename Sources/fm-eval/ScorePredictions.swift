import FMCommand
import FedMed

extension ScoreVerb {
  /// Scores predictions, and checks the requirements.
  func scorePredictions() throws(FedMedError) {
    guard inputs.count <= 1 else {
      throw FedMedError(
        .usage, "more than one set of predictions", hint: "--against compares predictions")
    }
    for requirement in settings.require
    where requirement.name != "samples" && Score(rawValue: requirement.name) == nil {
      let known = ["samples"] + Score.allCases.map(\.rawValue)
      throw FedMedError(
        .usage,
        "unknown score '\(printable(requirement.name))' (known: \(known.joined(separator: ", ")))")
    }
    let path = inputs.first ?? "-"
    let source = try PredictionSource(
      path: path, group: samples.group, samples: samples.table())
    let inputs = inputs + [samples.samples].compactMap { $0 }
    let resamples = samples.resamples(source, seed: seed)
    var records = Records(
      "scores", columns: ["predictor", "metric", "class", "value", "lower", "upper"])
    var final: ScoreList?
    let total = (resamples?.count ?? 0) * source.predictions.count
    let bar = progress("resampling", total: total)
    for (index, own) in source.predictions.enumerated() {
      let drawn = index * (resamples?.count ?? 0)
      let list =
        resamples.map {
          ScoreList(
            own.probabilities, names: source.classes, settings: settings.chosen, bootstrap: $0,
            progress: { bar.update(drawn + $0) })
        } ?? ScoreList(own.probabilities, names: source.classes, settings: settings.chosen)
      for row in Self.rows(list) { records.add([.string(own.predictor)] + row) }
      // Requirements apply to the first predictor, which is the final one, or to its calibrated
      // form.
      if final == nil || own.predictor == Report.calibrated {
        final = list
      }
    }
    if total > 0 { bar.finish() }
    let unmet = final.flatMap { unmetRequirement($0, file: path) }
    try write(records, text, inputs: inputs)
    if let unmet { throw unmet }
  }

  private func unmetRequirement(_ list: ScoreList, file: String) -> FedMedError? {
    settings.require.first { !$0.isMet(by: list.value(of: $0.name)) }.map {
      let value = JSON.rounded(list.value(of: $0.name), places: 6).line
      return FedMedError(
        .unsatisfied, "\($0.name) is \(value), required: \($0.text)", file: file)
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

  /// Compares each set of predictions with its counterpart in `--against`.
  func compare() throws(FedMedError) {
    let paths = inputs.isEmpty ? ["-"] : inputs
    guard paths.count == against.count else {
      throw FedMedError(
        .usage, "\(against.count) --against for \(paths.count) sets of predictions",
        hint: "give one --against for each, in the same order")
    }
    guard (paths + against).count(where: { $0 == "-" }) <= 1 else {
      throw FedMedError(.usage, "standard input can be read only once")
    }
    let table = try samples.table()
    var (sites, comparisons): ([String], [Comparison]) = ([], [])
    let total = (samples.bootstrap ?? 0) * paths.count
    let bar = progress("resampling", total: total)
    for (path, other) in zip(paths, against) {
      let drawn = comparisons.count * (samples.bootstrap ?? 0)
      let first = try PredictionSource(path: path, group: samples.group, samples: table)
      let second = try PredictionSource(path: other)
      guard first.matches(second) else {
        throw FedMedError(
          .badData, "samples, labels or classes differ from those of \(path)", file: other,
          hint: "both must have the same samples in the same order")
      }
      sites.append(first.site ?? path)
      comparisons.append(
        Comparison(
          first.final, second.final, names: first.classes,
          bootstrap: samples.resamples(first, seed: seed),
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
    let inputs = inputs + against + [samples.samples].compactMap { $0 }
    try write(records, text, inputs: inputs)
  }
}
