import FMArchive
import FMBase

/// The training losses of a run, from the logs of sites that trained on this machine.
public struct RunLosses: Equatable, Sendable {
  /// The column names: `site`, `round`, `epoch`, `loss`, and the names of its terms.
  public private(set) var columns = ["site", "round", "epoch", "loss"]
  /// The cells, one row per site, round and epoch; `NA` for a term that a log does not have.
  public private(set) var rows: [[String]] = []

  /// The columns of a log that are not losses.
  private static let others = [
    "site", "round", "epoch", "steps", "validation_correct", "validation_total",
  ]

  /// Reads the logs `rounds/NNN/logs/SITE.tsv`, in the order of rounds and then of sites.
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - last: the last round to read.
  /// - Throws: `badData` if a log was not written by fm-train-local.
  public init(path: String, upTo last: Int) throws(FedMedError) {
    for round in 1..<max(last + 1, 1) {
      let folder = "\(path)/\(RunFolder.round(round))/logs"
      let names = try? Folder.names(folder, failingWith: .noInput)
      for name in names ?? [] where name.hasSuffix(".tsv") && !name.hasPrefix(".") {
        try add(log: "\(folder)/\(name)", site: String(name.dropLast(4)))
      }
    }
    for row in rows.indices {
      rows[row] += Array(repeating: "NA", count: columns.count - rows[row].count)
    }
  }

  private mutating func add(log path: String, site: String) throws(FedMedError) {
    let table = try Table(text: ByteSource(path: path).text(limit: 1 << 28), file: path)
    for name in table.header where !Self.others.contains(name) && !columns.contains(name) {
      columns.append(name)
    }
    let places = columns.map { table.header.firstIndex(of: $0) }
    guard places.prefix(4).allSatisfy({ $0 != nil }) else {
      throw FedMedError(.badData, "not a training log of fm-train-local", file: path)
    }
    let epoch = places[2] ?? 0
    // A method that does not train in epochs logs only its validation accuracy.
    for row in table.rows where row[epoch] != "NA" {
      rows.append([site] + places.dropFirst().map { $0.map { row[$0] } ?? "NA" })
    }
  }
}
