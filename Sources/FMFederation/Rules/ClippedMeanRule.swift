import FMArchive
import FMBase
import FMNumerics

/// The weighted mean of updates whose differences from the global model are shortened to a largest norm
/// C (Sun et al. 2019): g + Σ w_k min(1, C/‖θ_k − g‖)(θ_k − g) / Σ w_k. Without a C it is the median
/// of the norms.
public struct ClippedMeanRule: CollectingRule {
  public static let name = "clipped-mean"
  public static let settings: Set<AggregationSettings.Name> = [.largestNorm, .weights]

  private let global: [Float]
  private let largest: Double?
  var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) throws(FedMedError) {
    guard let global = settings.global else {
      throw FedMedError(.usage, "\(Self.name) needs the global model (--model)")
    }
    guard settings.largestNorm ?? 1 > 0, settings.largestNorm?.isFinite ?? true else {
      throw FedMedError(.usage, "the largest norm must be above 0")
    }
    self.global = global.flatMap(\.values)
    largest = settings.largestNorm
  }

  public func result() -> [Tensor] {
    let norms = updates.rows.map { UpdateCollection.squaredDistance($0, global).squareRoot() }
    var sorted = norms.map { Float($0) }
    let most = largest ?? median(&sorted)
    let total = updates.weights.reduce(0, +)
    let shares = zip(norms, updates.weights).map { norm, weight in
      weight / total * (norm > most ? most / norm : 1)
    }
    let rest = 1 - shares.reduce(0, +)
    var sums = global.map { rest * Double($0) }
    for (row, share) in zip(updates.rows, shares) {
      for place in sums.indices { sums[place] += share * Double(row[place]) }
    }
    return updates.tensors(sums.map { Float($0) })
  }
}
