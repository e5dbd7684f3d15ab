import ArgumentParser
import FMCommand
import FedMed

struct PredictVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict samples with a model, and with a site's state.",
    usage: "fm-eval predict --features FEATURES [--state STATE] [--split SPLIT] [options] [MODEL]",
    discussion: """
      With a state the site's private classifier predicts too, as it stood after the model's \
      round, and both together as an ensemble (of other methods, their own predictors); where the state was calibrated for the model, at \
      its temperature too. Without --predictions-out, a table: sample, class, the label where it is known, and p_ with each \
      class's name, which fm-eval score reads.
      """)

  @OptionGroup var site: SiteOptions

  @OptionGroup var mix: CaseMixOptions

  @OptionGroup var splits: SplitOptions

  @Option(
    help: ArgumentHelp(
      "Write all predictors' probabilities as an archive, and the table only where --output is given.",
      valueName: "file"), completion: .file())
  var predictionsOut: String?

  @OptionGroup var text: TextOptions

  @OptionGroup var talk: TalkOptions

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
