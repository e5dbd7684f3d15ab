import ArgumentParser
import FMCommand
import FedMed

extension Evaluate {
  /// Scores predictions, with the options of --score.
  func score() throws(FedMedError) {
    guard inputs.count <= 1 else { throw FedMedError(.usage, "one set of predictions at a time") }
    guard (1...10_000).contains(bins ?? 15) else {
      throw FedMedError(.usage, "--bins must be from 1 to 10000")
    }
    guard (1...1_000_000).contains(bootstrap ?? 1) else {
      throw FedMedError(.usage, "--bootstrap must be from 1 to 1000000")
    }
    let path = inputs.first ?? "-"
    let source = try PredictionSource(path: path)
    if let against { return try compare(source, path, against) }
    let groups = try group.map { column throws(FedMedError) in
      try source.groups(column, file: path)
    }
    var records = Records(
      "scores", columns: ["predictor", "metric", "class", "value", "lower", "upper"])
    var unmet: FedMedError?
    for (index, own) in source.predictions.enumerated() {
      let draws = bootstrap.map {
        Bootstrap(labels: own.probabilities.labels, groups: groups, count: $0, seed: seed ?? 0)
      }
      let list = ScoreList(
        own.probabilities, names: source.classes, bins: bins ?? 15, binning: binning ?? .width,
        bootstrap: draws)
      for entry in list.entries {
        records.add([
          .string(own.predictor), .string(entry.name), entry.label.map { .string($0) } ?? .null,
          entry.name == "samples"
            ? .integer(Int(entry.value ?? 0)) : .rounded(entry.value, places: 6),
          .rounded(entry.interval?.lower, places: 6), .rounded(entry.interval?.upper, places: 6),
        ])
      }
      // The first are the ensemble's, or the only ones.
      guard index == 0 else { continue }
      for demand in require {
        guard list.has(demand.name) else {
          throw FedMedError(.usage, "there is no score '\(demand.name)' to require")
        }
        if unmet == nil, !demand.isMet(by: list.value(of: demand.name)) {
          let value = JSON.rounded(list.value(of: demand.name), places: 6).line
          unmet = FedMedError(
            .unsatisfied, "\(demand.name) is \(value), required is \(demand.text)", file: path)
        }
      }
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
    if let unmet { throw unmet }
  }

  private func compare(
    _ first: PredictionSource, _ path: String, _ other: String
  ) throws(FedMedError) {
    let second = try PredictionSource(path: other)
    guard first.classes == second.classes, first.samples == second.samples,
      first.predictions[0].probabilities.labels == second.predictions[0].probabilities.labels
    else {
      throw FedMedError(
        .badData, "has other samples, labels or classes than \(path)", file: other,
        hint: "what is compared must stand in the same order")
    }
    let comparison = Comparison(
      first.predictions[0].probabilities, second.predictions[0].probabilities, names: first.classes)
    var records = Records(
      "comparison", columns: ["metric", "class", "first", "second", "difference", "p", "p_holm"])
    for entry in comparison.entries {
      records.add(
        [.string(entry.name), entry.label.map { .string($0) } ?? .null]
          + [
            entry.first, entry.second, entry.first - entry.second, entry.probability,
            entry.corrected,
          ].map { .rounded($0, places: 6) })
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs + [other])
  }
}

extension ReliabilityTable.Binning: ExpressibleByArgument {}
extension Requirement: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
