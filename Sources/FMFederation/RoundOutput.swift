import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// What a server writes of a round.
extension FederatedRound {
  /// Writes the model that was made of the updates.
  /// - Parameters:
  ///   - bestRound: the best round by validation so far, for the sites to know.
  ///   - keepsStatistics: whether the totals of statistics go with it, so that sites can be added or removed.
  ///   - tool: who writes it, with its version.
  /// - Returns: its identity.
  /// - Throws: `usage` for statistics that there are not.
  @discardableResult
  public func write(
    _ outcome: AggregationPlan.Outcome, bestRound: Int?, keepsStatistics: Bool = false,
    tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) -> String {
    guard let first = updates.first, let run else { throw FedMedError(.tryAgain, "no updates") }
    guard outcome.statistics != nil || !keepsStatistics else {
      throw FedMedError(.usage, "the method \(run.method) sends no statistics to keep")
    }
    var payload = ModelPayload(run: run, round: first.payload.round)
    payload.inputs = outcome.statistics?.inputs ?? inputs
    payload.samples = payload.inputs.reduce(0) { $0 + $1.samples }
    payload.aggregation = outcome.aggregation
    payload.bestRound = bestRound
    payload.parent = first.payload.parent
    let writer = try ArchiveWriter()
    try writer.add(outcome.model)
    // What was made of a model that keeps its statistics keeps them.
    if let statistics = outcome.statistics, keepsStatistics || hasModel {
      payload.keepsStatistics = true
      for tensor in statistics.totals { try writer.add(tensor) }
    }
    let manifest = Manifest(tool: tool, classes: first.manifest.classes, .model(payload))
    return try writer.finish(manifest, filter: .none, to: descriptor, file: file).identity
  }

  /// Writes a sum as an update of several sites together.
  /// - Parameter name: of the region or the country that they are.
  /// - Returns: its identity.
  public func write(
    _ sum: StatisticsSum, name: String, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) -> String {
    guard let first = updates.first else { throw FedMedError(.tryAgain, "no updates") }
    var payload = UpdatePayload(
      run: first.payload.run, round: first.payload.round, site: name, samples: sum.samples,
      parent: first.payload.parent)
    payload.inputs = sum.inputs
    let writer = try ArchiveWriter()
    for tensor in sum.totals { try writer.add(tensor) }
    let manifest = Manifest(tool: tool, classes: first.manifest.classes, .update(payload))
    return try writer.finish(manifest, filter: .none, to: descriptor, file: file).identity
  }

  /// What is in it, as a manifest says it.
  package var inputs: [Manifest.Input] {
    updates.flatMap(\.inputs)
  }
}
