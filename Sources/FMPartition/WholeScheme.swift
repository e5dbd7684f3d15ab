import FMArchive
import FMBase
import FMNumerics

/// A single site with all samples, for a hospital that partitions its own data.
public struct WholeScheme: PartitionScheme {
  /// The scheme's name.
  public static let name = "whole"
  /// Requires the site's name.
  public static let options: Set<PartitionOption> = [.site]
  /// The table decides; nothing is drawn.
  public static let isFixed = true
  private let site: String

  /// Creates the scheme.
  /// - Throws: `usage` if the site's name is missing or invalid.
  public init(_ options: PartitionOptions) throws(FedMedError) {
    site = try options.require(options.site, .site, scheme: Self.name)
    guard Name.isValid(site) else {
      throw FedMedError(.usage, "invalid site name '\(printable(site))'")
    }
  }

  /// Puts all units at the site.
  /// - Throws: nothing.
  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    [(site, units)]
  }
}
