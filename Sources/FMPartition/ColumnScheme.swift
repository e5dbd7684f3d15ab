import FMBase
import FMNumerics

/// Sites given by a column of the table, such as a hospital, a clinic or an anatomical site.
public struct ColumnScheme: PartitionScheme {
  /// The scheme's name.
  public static let name = "column"
  /// Requires the column.
  public static let options: Set<PartitionOption> = [.column]
  /// The table decides; nothing is drawn.
  public static let isFixed = true
  private let column: String

  /// Creates the scheme.
  /// - Throws: `usage` if the column is missing.
  public init(_ options: PartitionOptions) throws(FedMedError) {
    column = try options.require(options.column, .column, scheme: Self.name)
  }

  /// Puts each unit at the site in its column.
  /// - Throws: `badData` if the column does not exist, a site's name is invalid, or the samples of
  ///   a unit are at different sites.
  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    let sites = try samples.table.column(column)
    var parts: [String: [Int]] = [:]
    for unit in units {
      let rows = samples.units[unit].rows
      let site = sites[rows[0]]
      guard Name.isValid(site) else {
        throw FedMedError(
          .badData,
          site.isEmpty
            ? "missing value in column '\(printable(column))'"
            : "invalid site name '\(printable(site))'", file: samples.name,
          place: "sample \(samples.table.rows[rows[0]][0])")
      }
      if let other = rows.first(where: { sites[$0] != site }) {
        throw FedMedError(
          .badData,
          "the group of sample \(samples.table.rows[other][0]) is at two sites, '\(site)' and "
            + "'\(sites[other])'", file: samples.name,
          hint: "all samples of a group must be at one site")
      }
      parts[site, default: []].append(unit)
    }
    return parts.map { ($0.key, $0.value) }
  }
}
