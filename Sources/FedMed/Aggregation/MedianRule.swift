/// The median of each number over the updates (Yin et al. 2018); every update counts the same.
public struct MedianRule: AggregationRule {
  public static let name = "median"
  public static let settings: Set<AggregationSettings.Name> = []

  private var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) {}

  public mutating func add(_ tensors: [Tensor], weight: Double) {
    updates.add(tensors, weight: weight)
  }

  public func result() -> [Tensor] { updates.byCoordinate { median(&$0) } }
}
