import FMArchive
import FMBase

/// The samples to be partitioned, in units that stay together: groups (such as a patient or a
/// lesion) if a column names them, otherwise single samples.
public struct SampleSet: Sendable {
  /// Samples that stay together.
  public struct Unit: Sendable {
    /// Row indices of the table.
    public let rows: [Int]
    /// The most frequent class of its samples, the first one if several are equally frequent.
    public let label: Int
  }

  /// The table of samples, one per row.
  public let table: Table
  /// The names of the classes.
  public let classes: [String]
  /// The class of each row; all 0 if the samples are not labeled.
  public let labels: [Int]
  /// Whether the classes of the samples are known.
  public let isLabeled: Bool
  /// The units, which cover all rows.
  public let units: [Unit]
  /// The name in messages.
  public let name: String

  /// Groups samples into units.
  /// - Parameters:
  ///   - labels: the class of each row; `nil` if the samples are not labeled.
  ///   - group: the column that names the groups; `nil` if every sample is a unit.
  /// - Throws: `badData` if there is no such column, or a sample has no group.
  public init(
    table: Table, labels: [Int]?, classes: [String], group: String?, name: String
  ) throws(FedMedError) {
    self.table = table
    self.classes = classes
    self.name = name
    let known = labels ?? [Int](repeating: 0, count: table.rows.count)
    self.labels = known
    isLabeled = labels != nil
    var members: [[Int]] = []
    if let group {
      var unit: [String: Int] = [:]
      for (row, key) in try table.column(group).enumerated() {
        guard !key.isEmpty else {
          throw FedMedError(
            .badData, "missing value in column '\(printable(group))'", file: name,
            place: "sample \(table.rows[row][0])")
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

  /// Checks that every class has samples, as schemes that distribute classes over sites require.
  /// Unlabeled samples pass.
  /// - Throws: `badData` if a class has no samples.
  public func requireEveryClass() throws(FedMedError) {
    guard isLabeled else { return }
    let present = Set(labels)
    if let absent = classes.indices.first(where: { !present.contains($0) }) {
      throw FedMedError(
        .badData, "class '\(printable(classes[absent]))' has no samples", file: name,
        hint: "only the schemes whole and column allow classes without samples")
    }
  }
}
