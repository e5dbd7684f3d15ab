import FMArchive
import FMBase
import FMNumerics

/// Krum (Blanchard et al. 2017): the update that is nearest to its n − f − 2 nearest ones, by the sum of
/// squared distances; of several the first.
public struct KrumRule: CollectingRule {
  public static let name = "krum"
  public static let settings: Set<AggregationSettings.Name> = [.malicious]

  private let malicious: Int
  var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) { malicious = settings.malicious }

  public func result() throws(FedMedError) -> [Tensor] {
    try updates.require(2 * malicious + 3, for: Self.name)
    return updates.tensors(updates.rows[Krum.ranked(updates, malicious: malicious)[0]])
  }
}

/// What Krum's relatives share.
enum Krum {
  /// The updates from the best score to the worst.
  package static func ranked(_ updates: UpdateCollection, malicious: Int) -> [Int] {
    order(
      scores(
        updates.squaredDistances(), among: Array(0..<updates.count), malicious: malicious))
  }

  /// Of each of `chosen`, the sum of squared distances to the nearest others of them, all but f + 1
  /// and at least one.
  package static func scores(_ distances: [[Double]], among chosen: [Int], malicious: Int)
    -> [Double]
  {
    let near = max(chosen.count - malicious - 2, 1)
    return chosen.map { i in
      let sorted = chosen.filter { $0 != i }.map { distances[i][$0] }.sorted()
      return sorted.prefix(near).reduce(0, +)
    }
  }

  /// The places of the scores from low to high, equal ones in their order.
  package static func order(_ scores: [Double]) -> [Int] {
    scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
  }
}
