/// A way to make one model of several updates. One file each.
///
/// Updates come one at a time, in the order of their sites' names.
public protocol AggregationRule: Sendable {
  static var name: String { get }

  init()

  /// Takes in an update.
  /// - Parameters:
  ///   - tensors: its arrays; the same names and shapes in every update.
  ///   - weight: how much it counts, above 0.
  mutating func add(_ tensors: [Tensor], weight: Double)

  /// The model's arrays.
  /// - Precondition: at least one update was added.
  func result() -> [Tensor]
}

/// How much each update counts.
public enum AggregationWeights: String, CaseIterable, Sendable {
  /// All the same, as in the paper.
  case uniform
  /// By the number of training samples.
  case samples

  public func weight(samples: Int) -> Double {
    self == .uniform ? 1 : Double(samples)
  }
}
