import FMCommand
import FedMed

/// The first global model.
extension Aggregate {
  func initialize() throws(FedMedError) {
    guard updates.isEmpty, weights == nil, minUpdates == nil, bestRound == nil, !rules.isGiven,
      signatures.allowedSigners == nil, audit == nil
    else {
      throw FedMedError(.usage, "--init takes no updates, nor options for them")
    }
    let parameters = run.parameters
    do throws(FedMedError) {
      try parameters.validate()
    } catch {
      throw FedMedError(.usage, error.description)
    }
    let specification: RunSpecification
    let input: String
    switch (like, spec) {
    case (let path?, nil):
      let reader = try ArchiveReader(path: path, kinds: [.features])
      guard let encoder = reader.manifest.encoder else {
        throw reader.fault("no encoder", "manifest.json")
      }
      specification = RunSpecification(classes: reader.manifest.classes, encoder: encoder)
      input = path
    case (nil, let path?):
      let source = try ByteSource(path: path)
      let text = try source.text(limit: JSONLimits.manifest.bytes)
      specification = try RunSpecification(json: Array(text.utf8), file: source.name)
      input = path
    default:
      throw FedMedError(.usage, "--init needs either --like or --spec")
    }
    try Output.write(to: output, inputs: [input], isBinary: true) {
      descriptor, file throws(FedMedError) in
      do throws(FedMedError) {
        try GlobalModel.write(
          specification, parameters: parameters, tool: Self.signature, to: descriptor, file: file)
      } catch {
        throw error.code == .badData ? error.naming(file: input) : error
      }
    }
  }
}
