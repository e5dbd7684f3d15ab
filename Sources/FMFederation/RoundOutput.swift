import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// Output of a round at the server.
extension FederatedRound {
  /// Writes the aggregated model.
  /// - Parameters:
  ///   - outcome: the result of the aggregation.
  ///   - bestRound: the best round by validation so far, for the sites' states; `nil` if unknown.
  ///   - keepsStatistics: whether to include the totals of statistics, so that sites can be added
  ///     or removed later.
  ///   - tool: the name and version of the tool that writes it.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Returns: the identity of the model.
  /// - Throws: `usage` if there are no statistics to keep; `tryAgain` if there are no updates;
  ///   `badData` if a value cannot be stored; `ioError` if writing fails.
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
    payload.samples = payload.inputs.reduce(0) { $0 + ($1.samples ?? 0) }
    payload.privacy = Manifest.Privacy.sum(payload.inputs.map(\.privacy))
    payload.aggregation = outcome.aggregation
    payload.bestRound = bestRound
    payload.parent = first.payload.parent
    let writer = try ArchiveWriter()
    try writer.add(outcome.model)
    // A model computed from one that keeps its statistics keeps them too.
    if let statistics = outcome.statistics, keepsStatistics || hasModel {
      payload.keepsStatistics = true
      for tensor in statistics.totals { try writer.add(tensor) }
    }
    let manifest = Manifest(tool: tool, classes: first.manifest.classes, .model(payload))
    return try writer.finish(manifest, filter: .none, to: descriptor, file: file).identity
  }

  /// Writes a sum of several sites as one update.
  /// - Parameters:
  ///   - sum: the sum.
  ///   - name: the name of the region or country of the sites.
  ///   - tool: the name and version of the tool that writes it.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Returns: the identity of the update.
  /// - Throws: `tryAgain` if there are no updates; `badData` if a value cannot be stored; `ioError`
  ///   if writing fails.
  public func write(
    _ sum: StatisticsSum, name: String, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) -> String {
    guard let first = updates.first else { throw FedMedError(.tryAgain, "no updates") }
    var payload = UpdatePayload(
      run: first.payload.run, round: first.payload.round, site: name, samples: sum.samples,
      parent: first.payload.parent)
    payload.inputs = sum.inputs
    payload.privacy = Manifest.Privacy.sum(sum.inputs.map(\.privacy))
    let writer = try ArchiveWriter()
    for tensor in sum.totals { try writer.add(tensor) }
    let manifest = Manifest(tool: tool, classes: first.manifest.classes, .update(payload))
    return try writer.finish(manifest, filter: .none, to: descriptor, file: file).identity
  }

  /// The site updates in the round, for the manifest.
  package var inputs: [Manifest.Input] {
    updates.flatMap(\.inputs)
  }
}
