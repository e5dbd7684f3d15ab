import FMBase
import FMNumerics

/// The mean of each number over the updates but the largest and the smallest ones, ⌊β n⌋ at each end
/// (Yin et al. 2018); every update counts the same.
public struct TrimmedMeanRule: CollectingRule {
  public static let name = "trimmed-mean"
  public static let settings: Set<AggregationSettings.Name> = [.trimmed]

  private let share: Double
  var updates = UpdateCollection()

  public init(_ settings: AggregationSettings) throws(FedMedError) {
    guard settings.trimmed >= 0, settings.trimmed < 0.5 else {
      throw FedMedError(.usage, "\(settings.trimmed) cannot be trimmed at each end, below .5 can")
    }
    share = settings.trimmed
  }

  public func result() -> [Tensor] {
    let cut = Int(share * Double(updates.count))
    return updates.byCoordinate { values in
      values.sort()
      let kept = values[cut..<values.count - cut]
      return kept.reduce(0) { $0 + Double($1) } / Double(kept.count)
    }
  }
}
