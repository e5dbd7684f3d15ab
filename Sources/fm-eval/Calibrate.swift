import ArgumentParser
import FMCommand
import FedMed

/// Fits the temperature of a site's predictions.
struct CalibrateVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract:
      "Fit the temperature of the predictions on the validation split, and store it in the state.",
    usage:
      "fm-eval calibrate --features FEATURES --state STATE [--state-out STATE] [options] [MODEL]")

  @OptionGroup var site: SiteOptions

  @Option(
    help: ArgumentHelp(
      "Write the new state to this file (default: replace --state).", valueName: "file"),
    completion: .file())
  var stateOut: String?

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The model; - is standard input.", completion: .file())
  var model: String?

  func execute() throws(FedMedError) {
    guard let path = site.state, path != "-" else {
      throw FedMedError(.usage, "--state is required, and must be a file")
    }
    let target = stateOut ?? path
    try Output.checkDistinct([target, text.output ?? "-"])
    let subject = try site.subject(self, model: model, outputs: [])
    let others = subject.inputs.filter { $0 != path }
    try Output.check(target, inputs: others, isBinary: true)
    guard var state = subject.state, let labels = subject.features.labels else {
      throw FedMedError(.badData, "has no labels to calibrate with", file: subject.features.name)
    }
    guard subject.kept != nil else {
      throw FedMedError(
        .badData, "no private part of round \(subject.model.round) or earlier", file: path)
    }
    let indices = try subject.features.indices(of: .validation)
    let probabilities = try subject.predict(subject.features.rows.matrix(indices)).uncalibrated
    let own = indices.map { labels[$0] }
    let before = try LabeledProbabilities(probabilities, labels: own, file: subject.features.name)
    let temperature = TemperatureScaling.temperature(fitting: before)
    let after = try LabeledProbabilities(
      TemperatureScaling.apply(temperature, to: probabilities), labels: own,
      file: subject.features.name)
    state.calibration = StatePayload.Calibration(
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
    try write(records, text, inputs: subject.inputs)
  }
}
