import FMArchive
import FMBase
import FMNumerics

/// All samples are of one site: what a hospital does with its own.
public struct WholeScheme: PartitionScheme {
  public static let name = "whole"
  public static let options: Set<PartitionOption> = [.site]
  public static let isFixed = true
  private let site: String

  public init(_ options: PartitionOptions) throws(FedMedError) {
    site = try options.require(options.site, .site, scheme: Self.name)
    guard Name.isValid(site) else { throw FedMedError(.usage, "--site cannot be such a name") }
  }

  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    [(site, units)]
  }
}
