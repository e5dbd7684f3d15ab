import ArgumentParser
import FMCommand
import FedMed

/// Options for features that another program computed.
struct ImportOptions: ParsableArguments {
  @Flag(name: .customLong("import"), help: "Pack features that another program computed.")
  var isImport = false

  @Option(
    help: ArgumentHelp(
      "Image features [N, D]: floats in .npy or .npz, or numbers in CSV or TSV.", valueName: "file"),
    completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp(
      "Class numbers [N] from 0, in .npy or .npz; without it, those of a column 'label' of the features, or unlabelled.",
      valueName: "file"),
    completion: .file())
  var labels: String?

  @Option(help: "The factor between a cosine and a logit (100, as in CLIP).")
  var logitScale: Double?

  var paths: [String] { [features, labels].compactMap { $0 } }
  var isGiven: Bool { !paths.isEmpty || logitScale != nil }

  /// The features' own file, where it is an `.npz` file with an array `text`.
  private func textBeside(_ features: String?) -> String? {
    features.flatMap { FeatureImport.hasText($0) ? "\(FeatureImport.file($0)):text" : nil }
  }

  func read(
    text: String?, classes: String?, table: String?, encoder: String?, anchors: Int?, seed: UInt64?
  ) throws(FedMedError) -> FeatureSet {
    func need(_ value: String?, _ option: String) throws(FedMedError) -> String {
      guard let value else { throw FedMedError(.usage, "--import needs \(option)") }
      return value
    }
    var set = try FeatureImport(
      features: need(features, "--features"), labels: labels,
      text: anchors == nil ? need(text ?? textBeside(features), "--text or --anchors") : nil,
      classes: classes,
      table: table, encoder: need(encoder, "--encoder"), logitScale: logitScale ?? 100
    ).read()
    if let anchors {
      guard let labels = set.labels else {
        throw FedMedError(.badData, "anchors need labels", file: set.name)
      }
      try set.takeAnchors(
        ClassAnchors.draw(
          anchors, labels: labels, classes: set.classes, seed: seed ?? 0, file: set.name),
        count: anchors)
    }
    return set
  }
}
