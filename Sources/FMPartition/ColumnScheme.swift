import FMBase
import FMNumerics

/// A column of the table says each sample's site: a hospital, a clinic, an anatomical site.
public struct ColumnScheme: PartitionScheme {
  public static let name = "column"
  public static let options: Set<PartitionOption> = [.column]
  public static let isFixed = true
  private let column: String

  public init(_ options: PartitionOptions) throws(FedMedError) {
    column = try options.require(options.column, .column, scheme: Self.name)
  }

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
          .badData, "no \(column)", file: samples.name,
          place: "sample \(samples.table.rows[rows[0]][0])")
      }
      if let other = rows.first(where: { sites[$0] != site }) {
        throw FedMedError(
          .badData,
          "the group of sample \(samples.table.rows[other][0]) is at '\(site)' and at "
            + "'\(sites[other])'", file: samples.name,
          hint: "a group that is at two sites cannot be kept together")
      }
      parts[site, default: []].append(unit)
    }
    return parts.map { ($0.key, $0.value) }
  }
}
