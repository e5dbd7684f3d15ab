import FMBase
import FMNumerics

/// Sites of equal size, each a random sample of the whole.
public struct IIDScheme: PartitionScheme {
  /// The scheme's name.
  public static let name = "iid"
  /// Requires the number of sites.
  public static let options: Set<PartitionOption> = [.sites]
  /// Units are drawn at random.
  public static let isFixed = false
  private let sites: Int

  /// Creates the scheme.
  /// - Throws: `usage` if the number of sites is missing or out of range.
  public init(_ options: PartitionOptions) throws(FedMedError) {
    sites = try options.requireSites(scheme: Self.name)
  }

  /// Deals shuffled units to the sites in turn.
  /// - Throws: `badData` if there are fewer units than sites.
  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    try samples.requireUnits(units, atLeast: sites)
    var order = units
    random.shuffle(&order)
    return PartitionOptions.siteNames(sites).enumerated().map { index, site in
      (site, stride(from: index, to: order.count, by: sites).map { order[$0] })
    }
  }
}
