import FMBase
import FMMethods
import FMNumerics

/// A rule that aggregates several updates. Each rule has its own file.
public protocol AggregationRule: UpdateReduction {
  /// The name in options and manifests.
  static var name: String { get }
  /// The settings that affect its result.
  static var settings: Set<AggregationSettings.Name> { get }

  /// Creates the rule.
  /// - Throws: `usage` if a setting is missing or out of range.
  init(_ settings: AggregationSettings) throws(FedMedError)
}

/// The settings of aggregation rules.
public struct AggregationSettings: Sendable {
  /// The name of a setting.
  public enum Name: Sendable {
    /// The assumed number of malicious updates.
    case malicious
    /// The number of updates to keep.
    case kept
    /// The share to discard at each end.
    case trimmed
    /// The largest norm of an update's difference from the global model.
    case largestNorm
    /// The weights of the updates, which are passed with them.
    case weights
  }

  /// f, the assumed number of malicious updates.
  public var malicious = 1
  /// For multi-Krum, the number of updates to keep; `nil` is all but f.
  public var kept: Int?
  /// For the trimmed mean, the share to discard at each end, at least 0 and below .5.
  public var trimmed = 0.2
  /// For the clipped mean, the largest norm of an update's difference from the global model; `nil`
  /// is the median of the norms.
  public var largestNorm: Double?
  /// The arrays of the global model from which the updates started; `nil` if unknown.
  public var global: [Tensor]?

  /// Creates the default settings.
  public init() {}
}

/// The available rules.
public enum AggregationRules {
  /// All rules.
  public static let all: [any AggregationRule.Type] = [
    MeanRule.self, MedianRule.self, TrimmedMeanRule.self, KrumRule.self, MultiKrumRule.self,
    BulyanRule.self, GeometricMedianRule.self, ClippedMeanRule.self,
  ]
}

/// The weighting of the updates.
public enum AggregationWeights: String, CaseIterable, Sendable {
  /// Equal weights, as in the paper.
  case uniform
  /// Weights proportional to the number of training samples.
  case samples

  /// The weight of an update of so many training samples.
  public func weight(samples: Int) -> Double {
    self == .uniform ? 1 : Double(samples)
  }
}
