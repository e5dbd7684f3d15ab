import ArgumentParser
import FMCommand
import FedMed

/// The options for methods whose updates are exact sums.
struct StatisticsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the sum of the updates as the update of a region or country of this name.",
      valueName: "name"))
  var partial: String?

  @Flag(
    help:
      "Keep the total of the statistics in the model. With two sites, each can compute the other's statistics from it."
  )
  var keepStatistics = false

  @Option(
    help: ArgumentHelp(
      "Add an update to a MODEL that keeps its statistics; may be repeated.", valueName: "update"),
    completion: .file())
  var add: [String] = []

  @Option(
    help: ArgumentHelp(
      "Remove an update from a MODEL that keeps its statistics, as if its site had never participated; may be repeated.",
      valueName: "update"), completion: .file())
  var remove: [String] = []

  mutating func validate() throws {
    if let partial, !Name.isValid(partial) {
      throw ValidationError("--partial: invalid name '\(printable(partial))'")
    }
    guard partial == nil || !keepStatistics else {
      throw ValidationError("--partial cannot be combined with --keep-statistics")
    }
  }

  var isGiven: Bool { partial != nil || keepStatistics || !files.isEmpty }

  /// The paths of all updates to add or remove.
  var files: [String] { add + remove }

  /// Removes updates from a sum.
  /// - Throws: `usage` if there is no model or sum to change; `badData` or `refused` if an update
  ///   cannot be removed.
  func apply(to round: inout FederatedRound) throws(FedMedError) {
    guard files.isEmpty || partial != nil || round.updates.contains(where: \.isModel) else {
      throw FedMedError(
        .usage, "--add and --remove require a model that keeps its statistics",
        hint: "fm-aggregate --keep-statistics makes such a model")
    }
    try round.remove(paths: remove)
  }
}
