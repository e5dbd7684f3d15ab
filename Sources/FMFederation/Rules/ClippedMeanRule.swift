import FMArchive
import FMBase
import FMNumerics

/// The weighted mean of updates whose differences from the global model g are clipped to a norm C
/// (Sun et al. 2019): g + Σ w_k min(1, C/‖θ_k − g‖)(θ_k − g) / Σ w_k. By default, C is the median
/// of the norms.
public struct ClippedMeanRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "clipped-mean"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.largestNorm, .weights]

  private let global: [Float]
  private let largest: Double?
  var updates = UpdateCollection()

  /// Creates the rule.
  /// - Throws: `usage` if the global model is missing, or the largest norm is not positive.
  public init(_ settings: AggregationSettings) throws(FedMedError) {
    guard let global = settings.global else {
      throw FedMedError(.usage, "\(Self.name) requires the global model (--model)")
    }
    guard settings.largestNorm ?? 1 > 0, settings.largestNorm?.isFinite ?? true else {
      throw FedMedError(.usage, "the largest norm must be above 0")
    }
    self.global = global.flatMap(\.values)
    largest = settings.largestNorm
  }

  /// The aggregated arrays.
  public func result() -> [Tensor] {
    let norms = updates.rows.map { UpdateCollection.squaredDistance($0, global).squareRoot() }
    var sorted = norms.map { Float($0) }
    let bound = largest ?? median(&sorted)
    let total = updates.weights.reduce(0, +)
    let shares = zip(norms, updates.weights).map { norm, weight in
      weight / total * (norm > bound ? bound / norm : 1)
    }
    let rest = 1 - shares.reduce(0, +)
    var sums = global.map { rest * Double($0) }
    for (row, share) in zip(updates.rows, shares) {
      for place in sums.indices { sums[place] += share * Double(row[place]) }
    }
    return updates.tensors(sums.map { Float($0) })
  }
}
