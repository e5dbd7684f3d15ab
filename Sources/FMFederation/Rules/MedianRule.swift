import FMBase
import FMNumerics

/// The median of each number over the updates (Yin et al. 2018); every update counts the same.
public struct MedianRule: CollectingRule {
  public static let name = "median"
  public static let settings: Set<AggregationSettings.Name> = []

  var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) {}

  public func result() -> [Tensor] { updates.byCoordinate { median(&$0) } }
}
