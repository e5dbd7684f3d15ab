import ArgumentParser
import FMCommand
import FedMed

/// Of methods whose updates are exact sums.
struct StatisticsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Sum the updates into one, of the region or country NAME, that is aggregated like a site's.",
      valueName: "name"))
  var partial: String?

  @Flag(
    help:
      "Keep the total of the statistics in the model. Of two sites it tells each the other's.")
  var keepStatistics = false

  @Option(
    help: ArgumentHelp(
      "Add an update to a MODEL that keeps its statistics; may be repeated.", valueName: "update"),
    completion: .file())
  var add: [String] = []

  @Option(
    help: ArgumentHelp(
      "Remove an update from a MODEL that keeps its statistics, as if its site had never taken part; may be repeated.",
      valueName: "update"), completion: .file())
  var remove: [String] = []

  mutating func validate() throws {
    if let partial, !Name.isValid(partial) {
      throw ValidationError("--partial '\(printable(partial))' cannot be a name")
    }
    guard partial == nil || !keepStatistics else {
      throw ValidationError("--partial keeps nothing but statistics")
    }
  }

  var isGiven: Bool { partial != nil || keepStatistics || !files.isEmpty }

  /// All files.
  var files: [String] { add + remove }

  /// Leaves out what is to be removed.
  /// - Throws: `usage` where there is no finished model to change.
  func apply(to round: inout FederatedRound) throws(FedMedError) {
    guard files.isEmpty || partial != nil || round.updates.contains(where: \.isModel) else {
      throw FedMedError(
        .usage, "--add and --remove change a model that keeps its statistics",
        hint: "fm-aggregate --keep-statistics makes one of updates")
    }
    try round.remove(paths: remove)
  }
}
