import FMBase
import FMNumerics

/// Quantity skew: random samples, with site sizes from a Dirichlet distribution (Li et al. 2021,
/// arXiv 2102.02079).
public struct QuantityScheme: PartitionScheme {
  /// The scheme's name.
  public static let name = "quantity"
  /// Requires the number of sites and α.
  public static let options: Set<PartitionOption> = [.sites, .alpha]
  /// Units are drawn at random.
  public static let isFixed = false
  private let sites: Int
  private let alpha: Double
  private let minimum: Int

  /// Creates the scheme.
  /// - Throws: `usage` if an option is missing or out of range.
  public init(_ options: PartitionOptions) throws(FedMedError) {
    sites = try options.requireSites(scheme: Self.name)
    alpha = try options.requireAlpha(scheme: Self.name)
    minimum = options.minimumSamples
  }

  /// Draws site sizes until every site has the minimum of samples.
  /// - Throws: `badData` if there are fewer units than sites, or 100 draws fail.
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
