import FMBase
import FMNumerics

/// The weighted mean Σ w_k θ_k / Σ w_k, summed in double precision.
public struct MeanRule: AggregationRule {
  /// The name in options and manifests.
  public static let name = "mean"
  /// The settings that affect the result.
  public static let settings: Set<AggregationSettings.Name> = [.weights]

  private var names: [(name: String, shape: [Int])] = []
  private var sums: [[Double]] = []
  private var total = 0.0

  /// Creates the rule.
  public init(_ settings: AggregationSettings) {}

  /// Adds an update.
  public mutating func add(_ tensors: [Tensor], weight: Double) {
    if sums.isEmpty {
      names = tensors.map { ($0.name, $0.shape) }
      sums = tensors.map { [Double](repeating: 0, count: $0.values.count) }
    }
    total += weight
    for (index, tensor) in tensors.enumerated() {
      precondition(tensor.name == names[index].name && tensor.shape == names[index].shape)
      for i in tensor.values.indices { sums[index][i] += weight * Double(tensor.values[i]) }
    }
  }

  /// The aggregated arrays.
  public func result() -> [Tensor] {
    zip(names, sums).map { name, sums in
      Tensor(name: name.name, shape: name.shape, values: sums.map { Float($0 / total) })
    }
  }
}
