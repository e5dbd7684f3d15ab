import FMArchive
import FMBase

/// The samples to be partitioned, in units that stay together: groups (a patient, a lesion) where
/// a column names them, else single samples.
public struct SampleSet: Sendable {
  /// A group of samples.
  public struct Unit: Sendable {
    /// Rows of the table.
    public let rows: [Int]
    /// The class of most of its samples, the first one where several are equally frequent.
    public let label: Int
  }

  public let table: Table
  public let classes: [String]
  /// The class of each row; all 0 where labels are not known.
  public let labels: [Int]
  public let isLabelled: Bool
  public let units: [Unit]
  /// What messages call it.
  public let name: String

  /// - Parameters:
  ///   - labels: the class of each row, where it is known.
  ///   - group: the column that names the groups.
  /// - Throws: `badData` where there is no such column.
  public init(
    table: Table, labels: [Int]?, classes: [String], group: String?, name: String
  ) throws(FedMedError) {
    self.table = table
    self.classes = classes
    self.name = name
    let known = labels ?? [Int](repeating: 0, count: table.rows.count)
    self.labels = known
    isLabelled = labels != nil
    var members: [[Int]] = []
    if let group {
      var unit: [String: Int] = [:]
      for (row, key) in try table.column(group).enumerated() {
        guard !key.isEmpty else {
          throw FedMedError(
            .badData, "no \(group)", file: name, place: "sample \(table.rows[row][0])")
        }
        if let index = unit[key] {
          members[index].append(row)
        } else {
          unit[key] = members.count
          members.append([row])
        }
      }
    } else {
      members = table.rows.indices.map { [$0] }
    }
    units = members.map { rows in
      var counts = [Int](repeating: 0, count: max(classes.count, 1))
      for row in rows { counts[known[row]] += 1 }
      let most = counts.max() ?? 0
      return Unit(rows: rows, label: counts.firstIndex(of: most) ?? 0)
    }
  }

  /// What schemes need that spread classes over sites.
  /// - Throws: `badData` where a class has no sample.
  public func requireEveryClass() throws(FedMedError) {
    guard isLabelled else { return }
    let present = Set(labels)
    if let absent = classes.indices.first(where: { !present.contains($0) }) {
      throw FedMedError(
        .badData, "class '\(printable(classes[absent]))' has no sample", file: name,
        hint: "the schemes whole and column need not have every class")
    }
  }
}
