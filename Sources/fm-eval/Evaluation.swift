import FMCommand
import FedMed

/// Evaluating a model at a site.
extension Evaluate {
  /// A model, and what it is evaluated with.
  private struct Subject {
    let model: ModelArchive
    let features: FeatureSet
    let state: StateArchive?
    let classifier: LocalClassifier?
    let texts: ClassTexts

    /// - Parameter features: of the samples to predict [N, D].
    func predict(_ features: Matrix) throws(FedMedError) -> Predictions {
      Ensemble.predict(
        features, fam: try model.featureAdaptation(), mlp: classifier, texts: texts,
        temperature: classifier == nil ? nil : state?.temperature(for: model.identity))
    }
  }

  private func subject() throws(FedMedError) -> (Subject, paths: [String]) {
    guard let path = evaluation.features else { throw FedMedError(.usage, "needs --features") }
    guard inputs.count <= 1 else { throw FedMedError(.usage, "one model at a time") }
    let modelPath = inputs.first ?? "-"
    let paths = [modelPath, path] + [evaluation.state].compactMap { $0 }
    guard paths.count(where: { $0 == "-" }) <= 1 else {
      throw FedMedError(.usage, "standard input cannot be two of model, features and state")
    }
    let outputs = [evaluation.reportOut, evaluation.predictionsOut].compactMap { $0 }
    for archive in outputs { try Output.check(archive, inputs: paths, isBinary: true) }
    let model = try ModelArchive(ArchiveReader(path: modelPath, kinds: [.model, .update]))
    let features = try FeatureSet(ArchiveReader(path: path, kinds: [.features]))
    try model.requireFit(features)
    let state = try evaluation.state.map { path throws(FedMedError) in
      let state = try StateArchive(path: path)
      try state.requireFit(model, site: features.site, name: path)
      return state
    }
    let held = state?.newest(notAfter: model.round)
    if let held, let path = evaluation.state {
      sayMore("\(path): the classifier of round \(held.round)")
    } else if let path = evaluation.state {
      say("\(path): no classifier as old as the model's round \(model.round); FAM predicts alone")
    }
    let texts = ClassTexts(features: features.text, logitScale: features.encoder.logitScale)
    try Parallel.start(threads: 1)
    return (
      Subject(
        model: model, features: features, state: state, classifier: held?.classifier,
        texts: texts), paths
    )
  }

  func evaluate() throws(FedMedError) {
    let options = evaluation
    guard !options.predict || options.reportOut == nil else {
      throw FedMedError(.usage, "--predict and --report-out exclude each other")
    }
    guard
      options.noise == nil
        || !options.predict && options.reportOut == nil && options.predictionsOut == nil
    else {
      throw FedMedError(.usage, "--noise goes with no other output")
    }
    let isTextSilent = options.reportOut == "-" || options.predictionsOut == "-"
    if isTextSilent { try requireNoTextOptions() }
    try Output.checkDistinct(
      [options.reportOut, options.predictionsOut, isTextSilent ? nil : output ?? "-"])
    let (subject, paths) = try subject()
    let features = subject.features
    guard
      features.labels != nil || options.predict
        || options.predictionsOut != nil && options.reportOut == nil
    else {
      throw FedMedError(
        .badData, "has no labels to evaluate with", file: features.name,
        hint: "--predict predicts without them")
    }
    if features.labels == nil, !options.predict { try requireNoTextOptions() }
    let choice =
      options.split ?? (features.split == nil ? .all : options.predict ? .all : .test)
    let indices =
      try choice.split.map { split throws(FedMedError) in
        try features.indices(of: split)
      } ?? Array(0..<features.count)
    if options.noise != nil { return try evaluateNoise(subject, choice.split, indices, paths) }
    let result = try subject.predict(features.rows.matrix(indices))

    if let path = options.predictionsOut {
      try Output.write(to: path, inputs: paths, isBinary: true) {
        descriptor, file throws(FedMedError) in
        try PredictionArchive.write(
          result, features: features, indices: indices, model: subject.model,
          tool: Self.signature, to: descriptor, file: file)
      }
    }
    var text: String?
    if options.predict {
      text = predictionTable(result, features, indices).text(format)
    } else if features.labels != nil {
      // What is printed here stays here; what is written as a report may leave.
      let report = try report(of: result, subject, choice.split, indices, minimum: 1)
      let site = features.site ?? "-"
      if let path = options.reportOut {
        let report = try self.report(
          of: result, subject, choice.split, indices,
          minimum: options.minCount ?? Report.minimumCount)
        try Output.write(
          to: path, inputs: paths, isBinary: true, signedBy: options.signing.key()
        ) { descriptor, file throws(FedMedError) in
          try SiteReport.write(
            report, site: site, model: subject.model, tool: Self.signature, to: descriptor,
            file: file)
        }
      }
      var records = Records("results", columns: scoreColumns(report))
      add(report, site: site, round: subject.model.round, to: &records)
      text = records.text(format)
    }
    if let text, !isTextSilent { try Output.write(text: text, to: output, inputs: paths) }
  }

  private func report(
    of predictions: Predictions, _ subject: Subject, _ split: Split?, _ indices: [Int],
    minimum: Int
  ) throws(FedMedError) -> Report {
    let labels = subject.features.labels ?? []
    return try Report(
      split: split, predictions: predictions, labels: indices.map { labels[$0] },
      names: subject.features.classes, minimum: minimum, file: subject.features.name)
  }

  /// The scores without noise, and with each of the deviations.
  private func evaluateNoise(
    _ subject: Subject, _ split: Split?, _ indices: [Int], _ paths: [String]
  ) throws(FedMedError) {
    let clean = try subject.features.rows.matrix(indices)
    let names = subject.features.names
    var records: Records?
    for level in [0] + (evaluation.noise?.levels ?? []) {
      let noisy = FeatureNoise.add(
        level, to: clean, names: indices.map { names[$0] }, seed: seed ?? 0)
      let report = try report(
        of: subject.predict(noisy), subject, split, indices, minimum: 1)
      var rows = records ?? Records("results", columns: ["noise"] + scoreColumns(report))
      add(
        report, site: subject.features.site ?? "-", round: subject.model.round, to: &rows,
        before: [level == level.rounded() ? .integer(Int(level)) : .number(level)])
      records = rows
    }
    if let records { try Output.write(text: records.text(format), to: output, inputs: paths) }
  }

  private func scoreColumns(_ report: Report) -> [String] {
    let counts = ["site", "round", "split", "predictor", "samples", "correct"]
    return report.split == Split.validation.rawValue
      ? counts : counts + Score.allCases.map(\.rawValue)
  }

  private func add(
    _ report: Report, site: String, round: Int, to records: inout Records, before: [JSON] = []
  ) {
    for predictor in Report.Predictor.allCases {
      guard let own = report.scores[predictor] else { continue }
      let counts: [JSON] = [
        .string(site), .integer(round), .string(report.split), .string(predictor.rawValue),
        .integer(report.total), .integer(own.correct),
      ]
      let scores = Score.allCases.map { JSON.rounded(own.values[$0], places: 6) }
      records.add(
        before + counts + (report.split == Split.validation.rawValue ? [] : scores))
    }
  }

  private func predictionTable(
    _ result: Predictions, _ features: FeatureSet, _ indices: [Int]
  ) -> Records {
    let classes = features.classes
    let columns = ["sample", "class"] + classes.indices.map { "p_\($0 + 1)" }
    var records = Records("predictions", columns: columns)
    let names = features.names
    for (row, predicted) in Predictions.classes(result.final).enumerated() {
      let probabilities = result.final.row(row).map {
        JSON.rounded(Double($0), places: 6)
      }
      records.add([.string(names[indices[row]]), .string(classes[predicted])] + probabilities)
    }
    return records
  }

  // MARK: - Calibration

  func calibrate() throws(FedMedError) {
    guard let path = evaluation.state, path != "-" else {
      throw FedMedError(.usage, "--calibrate needs --state, a file")
    }
    let target = evaluation.stateOut ?? path
    try Output.checkDistinct([target, output ?? "-"])
    let (subject, paths) = try subject()
    let others = paths.filter { $0 != path }
    try Output.check(target, inputs: others, isBinary: true)
    guard var state = subject.state, let labels = subject.features.labels else {
      throw FedMedError(.badData, "has no labels to calibrate with", file: subject.features.name)
    }
    guard subject.classifier != nil else {
      throw FedMedError(
        .badData, "no classifier as old as the model's round \(subject.model.round)", file: path)
    }
    let indices = try subject.features.indices(of: .validation)
    let ensemble = try subject.predict(subject.features.rows.matrix(indices)).ensemble
    let own = indices.map { labels[$0] }
    let before = try LabelledProbabilities(ensemble, labels: own, file: subject.features.name)
    let temperature = TemperatureScaling.temperature(fitting: before)
    let after = try LabelledProbabilities(
      TemperatureScaling.apply(temperature, to: ensemble), labels: own,
      file: subject.features.name)
    state.calibration = Manifest.Calibration(
      model: subject.model.identity, temperature: temperature)
    let pending = try Output.Pending(path: target, inputs: others, isPrivate: true)
    try pending.write { descriptor, file throws(FedMedError) in
      try state.write(tool: Self.signature, to: descriptor, file: file)
    }
    try pending.publish()
    var records = Records(
      "calibration",
      columns: [
        "site", "round", "samples", "temperature", "log_loss", "log_loss_after", "ece", "ece_after",
      ])
    let errors = [before, after].map {
      ReliabilityTable($0, bins: 15, binning: .width).calibrationError
    }
    records.add(
      [.string(state.site), .integer(subject.model.round), .integer(indices.count)]
        + [temperature, before.logLoss, after.logLoss, errors[0], errors[1]].map {
          .rounded($0, places: 6)
        })
    try Output.write(text: records.text(format), to: output, inputs: paths)
  }
}
