import ArgumentParser
import FMCommand
import FedMed

/// Predicts the classes of samples.
struct PredictVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the classes of samples with a model, and with a site's state.",
    usage: "fm-eval predict --features FEATURES [--state STATE] [--split SPLIT] [options] [MODEL]",
    discussion: """
      With a state, the site's private classifier, as of the model's round, predicts too, and so does \
      the ensemble of both (other methods have predictors of their own). If the state was calibrated \
      for the model, so do the calibrated predictions. Without --predictions-out, the output is a table \
      for fm-eval score: sample, class, label (if known), and a column p_CLASS for each class.
      """)

  @OptionGroup var site: SiteOptions

  @OptionGroup var mix: CaseMixOptions

  @OptionGroup var splits: SplitOptions

  @Option(
    help: ArgumentHelp(
      "Write the probabilities of all predictors as an archive, and a table only if --output is given.",
      valueName: "file"), completion: .file())
  var predictionsOut: String?

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The model; - is standard input.", completion: .file())
  var model: String?

  func execute() throws(FedMedError) {
    let writesText = predictionsOut == nil || text.output != nil
    if !writesText { try text.requireNone() }
    try Output.checkDistinct([predictionsOut, writesText ? text.output ?? "-" : nil])
    let subject = try site.subject(self, model: model, outputs: [predictionsOut], mix: mix)
    let features = subject.features
    let indices = try subject.indices(splits.chosen(features))
    let result = try subject.predict(features.rows.matrix(indices))
    if let path = predictionsOut {
      try Output.write(to: path, inputs: subject.inputs, isBinary: true) {
        descriptor, file throws(FedMedError) in
        try PredictionArchive.write(
          result, features: features, indices: indices, model: subject.model,
          tool: Self.signature, to: descriptor, file: file)
      }
    }
    guard writesText else { return }
    let classes = features.classes
    var records = Records(
      "predictions",
      columns: ["sample", "class"] + (features.labels == nil ? [] : ["label"])
        + classes.map { "p_\($0)" })
    let names = features.names
    for (row, predicted) in Predictions.classes(result.final).enumerated() {
      let probabilities = result.final.row(row).map { JSON.rounded(Double($0), places: 6) }
      let label = features.labels.map { [JSON.string(classes[$0[indices[row]]])] } ?? []
      records.add(
        [.string(names[indices[row]]), .string(classes[predicted])] + label + probabilities)
    }
    try write(records, text, inputs: subject.inputs)
  }
}
