import ArgumentParser
import FMCommand
import FedMed

/// The options for scoring a model on a site's samples.
struct ModelScoreOptions: ParsableArguments {
  @OptionGroup var splits: SplitOptions

  @Option(
    help: ArgumentHelp(
      "Measure robustness to Gaussian noise on the features with these standard deviations, relative to their root mean square, such as .1,.2.",
      valueName: "list"))
  var noise: NoiseLevels?

  @Option(
    help: ArgumentHelp(
      "Write the scores as a report archive; for the validation split, only counts.",
      valueName: "file"), completion: .file())
  var reportOut: String?

  @Option(
    help: ArgumentHelp(
      "With --report-out: the fewest samples that a number may be based on; classes with fewer are hidden (\(Report.minimumCount)).",
      valueName: "number"))
  var minCount: Int?

  @Flag(
    help:
      "Score two baselines too: majority, the most frequent class of the samples, and alone, logistic regression on the site's own training samples with the penalty that is best on its validation samples."
  )
  var baselines = false

  @OptionGroup var mix: CaseMixOptions

  @OptionGroup var signing: SigningOptions

  var isGiven: Bool {
    splits.split != nil || noise != nil || reportOut != nil || minCount != nil || baselines
      || mix.prior != nil
      || signing.sign != nil
  }

  mutating func validate() throws {
    guard (1...1 << 20).contains(minCount ?? 1) else {
      throw ValidationError("--min-count must be between 1 and 1048576")
    }
    guard minCount == nil && signing.sign == nil || reportOut != nil else {
      throw ValidationError("--min-count and --sign require --report-out")
    }
  }
}

extension ScoreVerb {
  /// The column of patients, if the features have it.
  private static let patient = "patient"

  /// Scores a model, prints a table, and writes a report if requested.
  func scoreModel() throws(FedMedError) {
    guard model.noise == nil || model.reportOut == nil else {
      throw FedMedError(.usage, "--noise cannot be combined with --report-out")
    }
    let omitsTable = model.reportOut == "-"
    if omitsTable { try text.requireNone() }
    try Output.checkDistinct([model.reportOut, omitsTable ? nil : text.output ?? "-"])
    let subject = try site.subject(
      self, model: inputs.first, outputs: [model.reportOut], mix: model.mix)
    let features = subject.features
    guard features.labels != nil else {
      throw FedMedError(
        .badData, "has no labels to score with", file: features.name,
        hint: "use fm-eval predict, which needs no labels")
    }
    let split = model.splits.chosen(features)
    guard samples.bootstrap == nil || split != .validation else {
      throw FedMedError(.usage, "--bootstrap has no effect on validation samples")
    }
    guard
      model.reportOut == nil || split == .test || features.split == nil
        || !subject.model.run.hasGuarantee
    else {
      throw FedMedError(
        .refused, "only test samples can be reported on in a run with differential privacy",
        file: subject.model.name)
    }
    let indices = try subject.indices(split)
    if model.noise != nil { return try scoreWithNoise(subject, split, indices) }
    let x = try features.rows.matrix(indices)
    var result = try subject.predict(x)
    if model.baselines { result = try subject.precededByBaselines(result, x, indices) }
    // The printed table stays at the site, so it hides nothing; a report may leave.
    let report = try subject.report(of: result, split, indices, minimum: 1)
    let name = features.site ?? "-"
    if let path = model.reportOut {
      let plan = try samples.bootstrap.map { count throws(FedMedError) in
        try subject.features.plan(
          draws: count, of: x, at: indices, group: samples.group, default: Self.patient)
      }
      var report = try subject.report(
        of: result, split, indices, minimum: model.minCount ?? Report.minimumCount, plan: plan)
      if split == .validation, report.hasCounts {
        report.logLosses = try subject.logLosses(minimum: report.minimum)
      }
      try Output.write(
        to: path, inputs: subject.inputs, isBinary: true, signedBy: model.signing.key()
      ) { descriptor, file throws(FedMedError) in
        try SiteReport.write(
          report, site: name, model: subject.model, tool: Self.signature, to: descriptor,
          file: file)
      }
    }
    guard !omitsTable else { return }
    var records = Records("results", columns: scoreColumns(report))
    add(report, site: name, round: subject.model.round, to: &records)
    try write(records, text, inputs: subject.inputs)
  }

  /// Prints the scores without noise and with each standard deviation of noise.
  private func scoreWithNoise(
    _ subject: Subject, _ split: Split?, _ indices: [Int]
  ) throws(FedMedError) {
    let clean = try subject.features.rows.matrix(indices)
    let names = subject.features.names
    var records: Records?
    for level in [0] + (model.noise?.levels ?? []) {
      let noisy = FeatureNoise.add(
        level, to: clean, names: indices.map { names[$0] }, seed: seed ?? 0)
      let report = try subject.report(
        of: subject.predict(noisy), split, indices, minimum: 1)
      var rows = records ?? Records("results", columns: ["noise"] + scoreColumns(report))
      add(
        report, site: subject.features.site ?? "-", round: subject.model.round, to: &rows,
        before: [level == level.rounded() ? .integer(Int(level)) : .number(level)])
      records = rows
    }
    if let records { try write(records, text, inputs: subject.inputs) }
  }

  private func scoreColumns(_ report: Report) -> [String] {
    let counts = ["site", "round", "split", "predictor", "samples", "correct"]
    return report.split == Split.validation.rawValue
      ? counts : counts + Score.allCases.map(\.rawValue)
  }

  private func add(
    _ report: Report, site: String, round: Int, to records: inout Records,
    before: [JSON] = []
  ) {
    for predictor in report.predictors {
      guard let own = report.scores[predictor] else { continue }
      let counts: [JSON] = [
        .string(site), .integer(round), .string(report.split), .string(predictor),
        .integer(report.total), .integer(own.correct),
      ]
      let scores = Score.allCases.map { JSON.rounded(own.values[$0], places: 6) }
      records.add(
        before + counts + (report.split == Split.validation.rawValue ? [] : scores))
    }
  }
}
