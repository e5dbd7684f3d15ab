import FMArchive
import FMBase
import FMNumerics

/// Krum (Blanchard et al. 2017): the update with the smallest sum of squared distances to its n − f
/// − 2 nearest neighbors; the first one if several are equal.
public struct KrumRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "krum"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.malicious]

  private let malicious: Int
  var updates = UpdateCollection()

  /// Creates the rule.
  public init(_ settings: AggregationSettings) { malicious = settings.malicious }

  /// The arrays of the selected update.
  /// - Throws: `tryAgain` if there are fewer than 2 f + 3 updates.
  public func result() throws(FedMedError) -> [Tensor] {
    try updates.require(2 * malicious + 3, for: Self.name)
    return updates.tensors(updates.rows[Krum.ranked(updates, malicious: malicious)[0]])
  }
}

/// The scores shared by Krum, multi-Krum and Bulyan.
enum Krum {
  /// The indices of the updates, from the best score to the worst.
  package static func ranked(_ updates: UpdateCollection, malicious: Int) -> [Int] {
    order(
      scores(
        updates.squaredDistances(), among: Array(0..<updates.count), malicious: malicious))
  }

  /// The Krum score of each of the `chosen` updates: the sum of squared distances to its nearest
  /// neighbors among them, of which there are m − f − 2 for m chosen updates, but at least one.
  package static func scores(_ distances: [[Double]], among chosen: [Int], malicious: Int)
    -> [Double]
  {
    let near = max(chosen.count - malicious - 2, 1)
    return chosen.map { i in
      let sorted = chosen.filter { $0 != i }.map { distances[i][$0] }.sorted()
      return sorted.prefix(near).reduce(0, +)
    }
  }

  /// The indices of the scores in ascending order; equal scores keep their order.
  package static func order(_ scores: [Double]) -> [Int] {
    scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
  }
}
