import ArgumentParser
import FMCommand
import FedMed

/// What fm-eval does; without any of these it evaluates a model.
enum Mode: String, EnumerableFlag {
  case check, table, selectRound, score

  static func help(for value: Mode) -> ArgumentHelp? {
    switch value {
    case .check: "Verify archives of any kind, and say what they are."
    case .table: "Make one table of several reports: sites, Global, and AVG, in percent."
    case .selectRound: "Find the best round by several validation reports."
    case .score: "Score predictions: archives that --predictions wrote, or tables of anyone's."
    }
  }
}

/// The samples to evaluate.
enum SplitChoice: String, CaseIterable, ExpressibleByArgument {
  case train, validation, test, all

  var split: Split? { Split(rawValue: rawValue) }
}

struct Evaluate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-eval",
    abstract: "Evaluate a model, predict with it, and put results together.",
    usage: """
      fm-eval --features FEATURES [--state STATE] [--split SPLIT] [options] [MODEL]
      fm-eval --predict --features FEATURES [--state STATE] [options] [MODEL]
      fm-eval --score [--against PREDICTIONS] [options] PREDICTIONS
      fm-eval --table [--metric NAME] [options] REPORT ...
      fm-eval --select-round [--min-sites N] [options] REPORT ...
      fm-eval --check [options] ARCHIVE ...
      """,
    discussion: """
      With a state the site's private classifier predicts too, as it stood after the model's \
      round, and both together as an ensemble.
      """,
    version: version(of: "fm-eval"))

  @Flag var mode: Mode?

  @Option(
    help: ArgumentHelp("The features to evaluate on.", valueName: "file"), completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp("The site's private state.", valueName: "file"), completion: .file())
  var state: String?

  @Option(
    help: "The samples: train, validation, test or all (test; all where they were never split).")
  var split: SplitChoice?

  @Flag(help: "Write a table of predictions: sample, class, p_1 to p_C.")
  var predict = false

  @Option(
    help: ArgumentHelp(
      "Write the scores as a report archive; of the validation split, counts alone.",
      valueName: "file"), completion: .file())
  var report: String?

  @Option(
    help: ArgumentHelp("Write the predictions as an archive.", valueName: "file"),
    completion: .file())
  var predictions: String?

  @Option(
    help: ArgumentHelp(
      "The score in the table: \(ResultTable.Metric.allCases.map(\.rawValue).joined(separator: ", ")) (accuracy).",
      valueName: "name"))
  var metric: ResultTable.Metric?

  @Option(help: "Fewer reporting sites make a round no candidate (1).")
  var minSites: Int?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "With --score: exit with 1 unless it is met, as in 'macro_f1>=.7'; may be repeated.",
      valueName: "demand"))
  var require: [Requirement] = []

  @Option(help: "With --score: how many bins the calibration error has (15).")
  var bins: Int?

  @Option(help: "With --score: bins of equal width, or of equal mass (width).")
  var binning: ReliabilityTable.Binning?

  @Option(help: "With --score: intervals from so many draws of the samples, such as 1000.")
  var bootstrap: Int?

  @Option(help: "With --bootstrap: decides the draws (0).")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "With --bootstrap: samples with the same value in this column are drawn together.",
      valueName: "column"))
  var group: String?

  @Option(
    help: ArgumentHelp(
      "With --score: compare with these predictions on the same samples.", valueName: "file"),
    completion: .file())
  var against: String?

  @Option(help: "How text is written: tsv, json or jsonl.")
  var format: OutputFormat = .tsv

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where text goes.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(help: "A model, reports or archives; - is standard input.", completion: .file())
  var inputs: [String] = []

  func execute() throws(FedMedError) {
    let evaluates =
      features != nil || state != nil || split != nil || predict || report != nil
      || predictions != nil
    guard mode == nil || !evaluates else {
      throw FedMedError(.usage, "--\(Self.spelling(mode)) takes archives only")
    }
    guard metric == nil || mode == .table else {
      throw FedMedError(.usage, "--metric goes with --table")
    }
    guard minSites == nil || mode == .selectRound else {
      throw FedMedError(.usage, "--min-sites goes with --select-round")
    }
    let isPlain = require.isEmpty && bins == nil && binning == nil && bootstrap == nil
    guard mode == .score || isPlain && against == nil else {
      throw FedMedError(
        .usage, "--require, --bins, --binning, --bootstrap and --against go with --score")
    }
    guard bootstrap != nil || seed == nil && group == nil else {
      throw FedMedError(.usage, "--seed and --group go with --bootstrap")
    }
    guard against == nil || isPlain else {
      throw FedMedError(.usage, "--against goes with no other option of --score")
    }
    switch mode {
    case .check: try check()
    case .score: try score()
    case .table: try table()
    case .selectRound: try selectRound()
    case nil: try evaluate()
    }
  }

  private static func spelling(_ mode: Mode?) -> String {
    mode == .selectRound ? "select-round" : mode?.rawValue ?? ""
  }

  // MARK: - Evaluation

  private func evaluate() throws(FedMedError) {
    guard let featuresPath = features else { throw FedMedError(.usage, "needs --features") }
    guard inputs.count <= 1 else { throw FedMedError(.usage, "one model at a time") }
    let modelPath = inputs.first ?? "-"
    guard modelPath != "-" || featuresPath != "-" else {
      throw FedMedError(.usage, "standard input cannot be both model and features")
    }
    guard !predict || report == nil else {
      throw FedMedError(.usage, "--predict and --report exclude each other")
    }
    let isTextSilent = report == "-" || predictions == "-"
    try Output.checkDistinct([report, predictions, isTextSilent ? nil : output ?? "-"])
    let paths = [modelPath, featuresPath] + [state].compactMap { $0 }
    for archive in [report, predictions].compactMap({ $0 }) {
      try Output.check(archive, inputs: paths, isBinary: true)
    }
    let model = try ModelArchive(ArchiveReader(path: modelPath, kinds: [.model, .update]))
    let features = try FeatureSet(ArchiveReader(path: featuresPath, kinds: [.features]))
    try model.requireFit(features)
    guard features.labels != nil || predict || predictions != nil && report == nil else {
      throw FedMedError(
        .badData, "has no labels to evaluate with", file: featuresPath,
        hint: "--predict predicts without them")
    }
    let mlp = try classifier(model, features)

    try Parallel.start(threads: 1)
    let choice = split ?? (features.split == nil ? .all : predict ? .all : .test)
    let indices =
      try choice.split.map { split throws(FedMedError) in
        try features.indices(of: split)
      } ?? Array(0..<features.count)
    let result = Ensemble.predict(
      try features.rows.matrix(indices), fam: try model.featureAdaptation(), mlp: mlp,
      texts: ClassTexts(features: features.text, logitScale: features.encoder.logitScale))

    if let predictions {
      try Output.write(to: predictions, inputs: paths, isBinary: true) {
        descriptor, file throws(FedMedError) in
        try PredictionArchive.write(
          result, features: features, indices: indices, model: model, tool: Self.signature,
          to: descriptor, file: file)
      }
    }
    var text: String?
    if predict {
      text = predictionTable(result, features, indices).text(format)
    } else if let labels = features.labels {
      let scores = Report(
        split: choice.split, predictions: result, labels: indices.map { labels[$0] },
        classes: features.classes.count)
      let site = features.site ?? "-"
      if let report {
        try Output.write(to: report, inputs: paths, isBinary: true) {
          descriptor, file throws(FedMedError) in
          try SiteReport.write(
            scores, site: site, model: model, tool: Self.signature, to: descriptor, file: file)
        }
      }
      text = scoreTable(scores, site: site, round: model.round).text(format)
    }
    if let text, report != "-", predictions != "-" {
      try Output.write(text: text, to: output, inputs: paths)
    }
  }

  private func classifier(
    _ model: ModelArchive, _ features: FeatureSet
  ) throws(FedMedError) -> LocalClassifier? {
    guard let path = state else { return nil }
    let state = try StateArchive(path: path)
    try state.requireFit(model, site: features.site, name: path)
    let held = state.newest(notAfter: model.round)
    if let held {
      sayMore("\(path): the classifier of round \(held.round)")
    } else {
      say("\(path): no classifier as old as the model's round \(model.round); FAM predicts alone")
    }
    return held?.classifier
  }

  private func predictionTable(
    _ result: Predictions, _ features: FeatureSet, _ indices: [Int]
  ) -> Records {
    let classes = features.classes
    let columns = ["sample", "class"] + classes.indices.map { "p_\($0 + 1)" }
    var records = Records("predictions", columns: columns)
    let names = features.names
    for (row, predicted) in Predictions.classes(result.ensemble).enumerated() {
      let probabilities = result.ensemble.row(row).map {
        JSON.rounded(Double($0), places: 6)
      }
      records.add([.string(names[indices[row]]), .string(classes[predicted])] + probabilities)
    }
    return records
  }

  private func scoreTable(_ scores: Report, site: String, round: Int) -> Records {
    let isCounts = scores.split == Split.validation.rawValue
    let columns = ["site", "round", "split", "predictor", "samples", "correct"]
    var records = Records(
      "results",
      columns: isCounts ? columns : columns + ResultTable.Metric.allCases.map(\.rawValue))
    for predictor in Report.Predictor.allCases {
      guard let own = scores.scores(of: predictor) else { continue }
      let counts: [JSON] = [
        .string(site), .integer(round), .string(scores.split), .string(predictor.rawValue),
        .integer(scores.total), .integer(own.correct),
      ]
      let shares = ResultTable.Metric.allCases.map {
        JSON.rounded($0.value(own), places: 6)
      }
      records.add(isCounts ? counts : counts + shares)
    }
    return records
  }

  // MARK: - Putting results together

  private func reports() throws(FedMedError) -> [SiteReport] {
    guard !inputs.isEmpty else { throw FedMedError(.usage, "no reports") }
    var reports: [SiteReport] = []
    for path in inputs { reports.append(try SiteReport(path: path)) }
    return reports
  }

  private func table() throws(FedMedError) {
    let table = try ResultTable(reports(), metric: metric ?? .accuracy)
    let columns = ["site", "samples"] + Report.Predictor.allCases.map(\.rawValue)
    var records = Records("table", columns: columns)
    for row in table.rows {
      let percent = row.values.map { value in
        JSON.rounded(value.map { 100 * $0 }, places: 2)
      }
      records.add([.string(row.site), .integer(row.samples)] + percent)
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
  }

  private func selectRound() throws(FedMedError) {
    let minimum = minSites ?? 1
    guard minimum > 0 else { throw FedMedError(.usage, "--min-sites must be at least 1") }
    let selection = try RoundSelection(reports(), minimumSites: minimum)
    var records = Records("rounds", columns: ["round", "sites", "accuracy", "best"])
    for score in selection.scores {
      records.add([
        .integer(score.round), .integer(score.sites), .rounded(score.accuracy, places: 6),
        .integer(score.round == selection.best ? 1 : 0),
      ])
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
  }

  // MARK: - Checking

  private func check() throws(FedMedError) {
    guard !inputs.isEmpty else { throw FedMedError(.usage, "no archives") }
    var records = Records(
      "archives", columns: ["file", "kind", "round", "site", "samples", "identity"])
    var failure: FedMedError?
    for path in inputs {
      do throws(FedMedError) {
        let (manifest, identity) = try ArchiveCheck.check(path: path)
        records.add([
          .string(path), .string(manifest.kind.rawValue),
          manifest.round.map { .integer($0) } ?? .null, manifest.site.map { .string($0) } ?? .null,
          manifest.samples.map { .integer($0) } ?? .null, .string(identity),
        ])
      } catch {
        // The others are looked at all the same; the last line is the first failure's.
        if failure == nil { failure = error } else { messages.report(error) }
      }
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
    if let failure { throw failure }
  }
}

extension ResultTable.Metric: ExpressibleByArgument {}

Evaluate.start()
