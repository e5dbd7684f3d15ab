import FMBase
import FMNumerics

/// Quantity skew: random samples, but sites of very different sizes, by shares from a Dirichlet
/// distribution (Li et al. 2021, arXiv 2102.02079).
public struct QuantityScheme: PartitionScheme {
  public static let name = "quantity"
  public static let options: Set<PartitionOption> = [.sites, .alpha]
  public static let isFixed = false
  private let sites: Int
  private let alpha: Double
  private let minimum: Int

  public init(_ options: PartitionOptions) throws(FedMedError) {
    sites = try options.requireSites(scheme: Self.name)
    alpha = try options.requireAlpha(scheme: Self.name)
    minimum = options.minimumSamples
  }

  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    try samples.requireUnits(units, atLeast: sites)
    return try samples.drawing(sites: sites, minimum: minimum) {
      var order = units
      random.shuffle(&order)
      return SampleSet.cut(
        order, shares: random.dirichlet(concentration: alpha, count: sites))
    }
  }
}
