import FMArchive
import FMBase

/// The settings of a run that may change between two calls of fm-federate, from the run's file `plan`.
package struct RunPlan: Sendable {
  /// The number of rounds of the run.
  package private(set) var rounds: Int?
  /// The fewest sites that a round needs.
  package private(set) var minimumSites: Int?
  /// The seconds that the server waits for the remaining sites.
  package private(set) var deadline: Int?

  /// Reads tab-separated lines of a name and a number; a missing file is an empty plan.
  /// - Throws: `badData` for a line without a number.
  package init(path: String) throws(FedMedError) {
    guard ByteSource.isRegularFile(path) else { return }
    for (index, line) in Table.lines(try ByteSource(path: path).text(limit: 1 << 20)).enumerated() {
      let cells = line.split(separator: "\t")
      guard cells.count == 2, let value = Int(cells[1]), value >= 0 else {
        throw FedMedError(
          .badData, "expected a name and a number", file: path, place: "line \(index + 1)")
      }
      switch cells[0] {
      case "rounds": rounds = value
      case "min-sites": minimumSites = value
      case "deadline": deadline = value
      default: break
      }
    }
  }
}
