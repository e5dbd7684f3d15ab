import ArgumentParser
import FMCommand
import FedMed

/// The options for importing features that another program computed.
struct ImportOptions: ParsableArguments {
  @Flag(name: .customLong("import"), help: "Import features that another program computed.")
  var isImport = false

  @Option(
    help: ArgumentHelp(
      "Image features [N, D]: floats in .npy or .npz, or numbers in CSV or TSV.", valueName: "file"),
    completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp(
      "Class numbers [N] from 0, in .npy or .npz (the column 'label' of the features, if present).",
      valueName: "file"),
    completion: .file())
  var labels: String?

  @Option(help: "The factor from cosine similarities to logits (100, as in CLIP).")
  var logitScale: Double?

  var paths: [String] { [features, labels].compactMap { $0 } }
  var isGiven: Bool { !paths.isEmpty || logitScale != nil }

  /// The array `text` in the file of the features; `nil` if that is not an `.npz` file with one.
  private func ownText(_ features: String?) -> String? {
    features.flatMap { FeatureImport.hasText($0) ? "\(FeatureImport.file($0)):text" : nil }
  }

  /// Reads the features and the files that belong to them.
  /// - Throws: `usage` if an option is missing; `noInput` or `badData` if a file cannot be read or
  ///   does not fit the others.
  func read(
    text: String?, classes: String?, table: String?, encoder: String?, anchors: Int?, seed: UInt64?
  ) throws(FedMedError) -> FeatureSet {
    func require(_ value: String?, _ option: String) throws(FedMedError) -> String {
      guard let value else { throw FedMedError(.usage, "--import requires \(option)") }
      return value
    }
    var set = try FeatureImport(
      features: require(features, "--features"), labels: labels,
      text: anchors == nil ? require(text ?? ownText(features), "--text or --anchors") : nil,
      classes: classes,
      table: table, encoder: require(encoder, "--encoder"), logitScale: logitScale ?? 100
    ).read()
    if let anchors {
      try set.drawAnchors(anchors, seed: seed)
    }
    return set
  }
}

extension FeatureSet {
  /// Draws samples of each class as anchors.
  /// - Throws: `badData` if there are no labels or too few samples, `ioError` if features cannot be
  ///   read.
  mutating func drawAnchors(_ count: Int, seed: UInt64?) throws(FedMedError) {
    guard let labels else {
      throw FedMedError(.badData, "--anchors requires labels", file: name)
    }
    let drawn = try ClassAnchors.draw(
      count, labels: labels, classes: classes, seed: seed ?? 0, file: name)
    try takeAnchors(drawn, count: count)
  }
}
