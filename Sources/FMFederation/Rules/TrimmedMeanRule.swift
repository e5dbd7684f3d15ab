import FMBase
import FMNumerics

/// The coordinate-wise mean without the ⌊β n⌋ largest and the ⌊β n⌋ smallest values (Yin et al.
/// 2018); all updates have equal weight.
public struct TrimmedMeanRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "trimmed-mean"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.trimmed]

  private let share: Double
  var updates = UpdateCollection()

  /// Creates the rule.
  /// - Throws: `usage` if the trimmed share is negative or not below .5.
  public init(_ settings: AggregationSettings) throws(FedMedError) {
    guard settings.trimmed >= 0, settings.trimmed < 0.5 else {
      throw FedMedError(
        .usage, "the trimmed share must be at least 0 and below .5, found \(settings.trimmed)")
    }
    share = settings.trimmed
  }

  /// The aggregated arrays.
  public func result() -> [Tensor] {
    let cut = Int(share * Double(updates.count))
    return updates.byCoordinate { values in
      values.sort()
      let kept = values[cut..<values.count - cut]
      return kept.reduce(0) { $0 + Double($1) } / Double(kept.count)
    }
  }
}
