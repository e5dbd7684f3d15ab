import ArgumentParser
import FMCommand
import FedMed

/// Options for features that another program computed.
struct ImportOptions: ParsableArguments {
  @Flag(name: .customLong("import"), help: "Pack features that another program computed.")
  var isImport = false

  @Option(
    help: ArgumentHelp("Image features [N, D], float16 or float32.", valueName: "npy"),
    completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp(
      "Class numbers [N] from 0, integers; without it, unlabelled.", valueName: "npy"),
    completion: .file())
  var labels: String?

  @Option(help: "The factor between a cosine and a logit (100, as in CLIP).")
  var logitScale: Double?

  var paths: [String] { [features, labels].compactMap { $0 } }
  var isGiven: Bool { !paths.isEmpty || logitScale != nil }

  func read(
    text: String?, classes: String?, table: String?, encoder: String?
  ) throws(FedMedError) -> FeatureSet {
    func need(_ value: String?, _ option: String) throws(FedMedError) -> String {
      guard let value else { throw FedMedError(.usage, "--import needs \(option)") }
      return value
    }
    return try FeatureImport(
      features: need(features, "--features"), labels: labels, text: need(text, "--text"),
      classes: need(classes, "--classes"), table: need(table, "--table"),
      encoder: need(encoder, "--encoder"), logitScale: logitScale ?? 100
    ).read()
  }
}
