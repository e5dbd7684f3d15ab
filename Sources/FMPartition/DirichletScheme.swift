import FMBase
import FMNumerics

/// Label skew: each class is distributed over the sites by shares from a Dirichlet distribution
/// (Hsu, Qi and Brown 2019, arXiv 1909.06335; by class as in Li et al. 2021, arXiv 2102.02079).
public struct DirichletScheme: PartitionScheme {
  /// The scheme's name.
  public static let name = "dirichlet"
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

  /// Draws shares for each class until every site has the minimum of samples.
  /// - Throws: `badData` if samples are not labeled, there are fewer units than sites, or 100
  ///   draws fail.
  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    try samples.requireLabels("scheme \(Self.name)")
    try samples.requireUnits(units, atLeast: sites)
    return try samples.drawing(sites: sites, minimum: minimum) {
      var parts = [[Int]](repeating: [], count: sites)
      for c in samples.classes.indices {
        var members = units.filter { samples.units[$0].label == c }
        random.shuffle(&members)
        let shares = random.dirichlet(concentration: alpha, count: sites)
        for (site, part) in SampleSet.cut(members, shares: shares).enumerated() {
          parts[site] += part
        }
      }
      return parts
    }
  }
}
