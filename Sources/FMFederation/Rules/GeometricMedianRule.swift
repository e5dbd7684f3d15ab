import FMArchive
import FMBase
import FMNumerics

/// The geometric median, the point with the smallest weighted sum of distances to the updates,
/// computed by the smoothed Weiszfeld algorithm (Pillutla, Kakade and Harchaoui 2022):
///
///     z ← Σ β_k θ_k / Σ β_k,   β_k = w_k / max(ν, ‖z − θ_k‖)
///
/// It starts from the weighted mean and ends when z moves by less than a millionth of its distance
/// to the nearest update.
public struct GeometricMedianRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "geometric-median"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.weights]

  /// The smoothing ν.
  private static let smoothing = 1e-6
  private static let maximumSteps = 200

  var updates = UpdateCollection()

  /// Creates the rule.
  public init(_ settings: AggregationSettings) {}

  /// The aggregated arrays.
  public func result() -> [Tensor] {
    let all = Array(0..<updates.count)
    var point = updates.average(of: all, weights: updates.weights)
    for _ in 0..<Self.maximumSteps {
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
