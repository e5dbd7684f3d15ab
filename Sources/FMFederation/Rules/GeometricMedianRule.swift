import FMArchive
import FMBase
import FMNumerics

/// The geometric median: the point with the smallest weighted sum of distances to the updates, by the
/// smoothed Weiszfeld algorithm (Pillutla, Kakade and Harchaoui 2022):
///
///     z ← Σ β_k θ_k / Σ β_k,   β_k = w_k / max(ν, ‖z − θ_k‖)
///
/// from the weighted mean on, until z moves by less than a millionth of its distance to the updates.
public struct GeometricMedianRule: CollectingRule {
  public static let name = "geometric-median"
  public static let settings: Set<AggregationSettings.Name> = [.weights]

  /// ν.
  private static let smoothing = 1e-6
  private static let mostSteps = 200

  var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) {}

  public func result() -> [Tensor] {
    let all = Array(0..<updates.count)
    var point = updates.average(of: all, weights: updates.weights)
    for _ in 0..<Self.mostSteps {
      let distances = updates.rows.map { row in
        zip(point, row).reduce(0.0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
          .squareRoot()
      }
      let shares = zip(updates.weights, distances).map { $0 / max(Self.smoothing, $1) }
      let next = updates.average(of: all, weights: shares)
      let step = zip(point, next).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      point = next
      if step <= 1e-6 * (distances.min() ?? 0) + 1e-12 { break }
    }
    return updates.tensors(point.map { Float($0) })
  }
}
