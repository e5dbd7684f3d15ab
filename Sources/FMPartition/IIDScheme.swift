import FMBase
import FMNumerics

/// Sites of equal size, each a random sample of the whole.
public struct IIDScheme: PartitionScheme {
  public static let name = "iid"
  public static let options: Set<PartitionOption> = [.sites]
  public static let isFixed = false
  private let sites: Int

  public init(_ options: PartitionOptions) throws(FedMedError) {
    sites = try options.requireSites(scheme: Self.name)
  }

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
