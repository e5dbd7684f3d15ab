import FMBase
import FMNumerics

/// Bulyan (El Mhamdi et al. 2018): Krum selects n − 2 f updates one after the other; then for each
/// coordinate, the n − 4 f of them closest to their median are averaged. n must be at least 4 f +
/// 3; all updates have equal weight.
public struct BulyanRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "bulyan"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.malicious]

  private let malicious: Int
  var updates = UpdateCollection()

  /// Creates the rule.
  public init(_ settings: AggregationSettings) { malicious = settings.malicious }

  /// The aggregated arrays.
  /// - Throws: `tryAgain` if there are fewer than 4 f + 3 updates.
  public func result() throws(FedMedError) -> [Tensor] {
    try updates.require(4 * malicious + 3, for: Self.name)
    let distances = updates.squaredDistances()
    var (left, chosen): ([Int], [Int]) = (Array(0..<updates.count), [])
    for _ in 0..<updates.count - 2 * malicious {
      let scores = Krum.scores(distances, among: left, malicious: malicious)
      chosen.append(left.remove(at: Krum.order(scores)[0]))
    }
    let kept = updates.count - 4 * malicious
    return updates.byCoordinate { all in
      var values = chosen.map { all[$0] }
      let center = median(&values)
      let nearest = values.sorted {
        (Double($0) - center).magnitude < (Double($1) - center).magnitude
      }.prefix(kept)
      return nearest.reduce(0) { $0 + Double($1) } / Double(kept)
    }
  }
}
