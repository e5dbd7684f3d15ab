import FMBase
import FMNumerics

/// The coordinate-wise median of the updates (Yin et al. 2018); all updates have equal weight.
public struct MedianRule: CollectingRule {
  /// The name in options and manifests.
  public static let name = "median"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = []

  var updates = UpdateCollection()

  /// Creates the rule.
  public init(_ settings: AggregationSettings) {}

  /// The aggregated arrays.
  public func result() -> [Tensor] { updates.byCoordinate { median(&$0) } }
}
