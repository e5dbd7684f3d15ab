import FMBase
import FMMethods
import FMNumerics

/// Multi-Krum (Blanchard et al. 2017): the weighted mean of the m updates with the best Krum
/// scores.
public struct MultiKrumRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "multi-krum"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.malicious, .kept, .weights]

  private let malicious: Int
  private let kept: Int?
  var updates = UpdateCollection()

  /// Creates the rule.
  /// - Throws: `usage` if the number of updates to keep is less than 1.
  public init(_ settings: AggregationSettings) throws(FedMedError) {
    (malicious, kept) = (settings.malicious, settings.kept)
    guard kept ?? 1 > 0 else { throw FedMedError(.usage, "multi-krum must keep at least 1 update") }
  }

  /// The aggregated arrays.
  /// - Throws: `tryAgain` if there are fewer than 2 f + 3 updates.
  public func result() throws(FedMedError) -> [Tensor] {
    try updates.require(2 * malicious + 3, for: Self.name)
    let best = Krum.ranked(updates, malicious: malicious).prefix(kept ?? updates.count - malicious)
    return updates.mean(of: best.sorted(), weights: updates.weights)
  }
}
