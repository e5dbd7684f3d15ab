import FMCommand
import FedMed

extension Aggregate {
  /// Writes the initial global model.
  func initialize() throws(FedMedError) {
    guard updates.isEmpty, weights == nil, minUpdates == nil, bestRound == nil, !rules.isGiven,
      signatures.allowedSigners == nil, audit == nil, !statistics.isGiven
    else {
      throw FedMedError(.usage, "--init cannot be combined with updates or options for them")
    }
    let definition: MethodDefinition
    do throws(FedMedError) {
      definition = try Methods.named(method ?? MethodDefinition.fedmedclip.name)
    } catch {
      throw FedMedError(.usage, error.description, hint: error.hint)
    }
    let parameters = try run.values(of: definition)
    guard text == nil || spec != nil else {
      throw FedMedError(
        .usage, "--text requires --spec", hint: "feature archives contain the class texts")
    }
    var specification: RunSpecification
    let input: String
    var texts: Matrix?
    switch (like, spec) {
    case (let path?, nil):
      let features = try FeatureSet(ArchiveReader(path: path, kinds: [.features]))
      specification = RunSpecification(classes: features.classes, encoder: features.encoder)
      texts = features.text
      input = path
    case (nil, let path?):
      let source = try ByteSource(path: path)
      let json = try source.text(limit: JSONLimits.manifest.bytes)
      specification = try RunSpecification(json: Array(json.utf8), file: source.name)
      texts = try text.map { path throws(FedMedError) in
        try specification.texts(path: path)
      }
      input = path
    default:
      throw FedMedError(.usage, "--init requires either --like or --spec")
    }
    if allowPrecisionMix { specification.encoder.precision = Manifest.Encoder.anyPrecision }
    try Output.write(to: output, inputs: [input], isBinary: true) {
      descriptor, file throws(FedMedError) in
      do throws(FedMedError) {
        try GlobalModel.write(
          specification, method: definition.name, parameters: parameters, texts: texts,
          tool: Self.signature, to: descriptor, file: file)
      } catch {
        throw error.code == .badData ? error.naming(file: input) : error
      }
    }
  }
}
