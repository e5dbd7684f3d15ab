import FMBase
import FMMethods
import FMNumerics

/// Multi-Krum (Blanchard et al. 2017): the weighted mean of the m updates with the best scores of Krum.
public struct MultiKrumRule: CollectingRule {
  public static let name = "multi-krum"
  public static let settings: Set<AggregationSettings.Name> = [.malicious, .kept, .weights]

  private let malicious: Int
  private let kept: Int?
  var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) throws(FedMedError) {
    (malicious, kept) = (settings.malicious, settings.kept)
    guard kept ?? 1 > 0 else { throw FedMedError(.usage, "multi-krum keeps at least one update") }
  }

  public func result() throws(FedMedError) -> [Tensor] {
    try updates.require(2 * malicious + 3, for: Self.name)
    let best = Krum.ranked(updates, malicious: malicious).prefix(kept ?? updates.count - malicious)
    return updates.mean(of: best.sorted(), weights: updates.weights)
  }
}
