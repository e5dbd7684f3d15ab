import FMBase
import FMMethods
import FMNumerics

/// A way to average several updates. One file each.
public protocol AggregationRule: UpdateReduction {
  static var name: String { get }
  /// What it can be told; nothing else changes what it gives.
  static var settings: Set<AggregationSettings.Name> { get }

  /// - Throws: `usage` for a setting that cannot be.
  init(_ settings: AggregationSettings) throws(FedMedError)
}

/// What rules can be told.
public struct AggregationSettings: Sendable {
  public enum Name: Sendable {
    case malicious, kept, trimmed, largestNorm, weights
  }

  /// f: how many updates may be malicious.
  public var malicious = 1
  /// Of multi-Krum: how many updates it keeps; nil is all but f.
  public var kept: Int?
  /// Of the trimmed mean: the share that is left out at each end.
  public var trimmed = 0.2
  /// Of the clipped mean: the largest norm of an update's difference from the global model; nil is
  /// the median of the norms.
  public var largestNorm: Double?
  /// The arrays of the global model that the updates started from.
  public var global: [Tensor]?

  public init() {}
}

/// The rules by their names.
public enum AggregationRules {
  public static let all: [any AggregationRule.Type] = [
    MeanRule.self, MedianRule.self, TrimmedMeanRule.self, KrumRule.self, MultiKrumRule.self,
    BulyanRule.self, GeometricMedianRule.self, ClippedMeanRule.self,
  ]
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
