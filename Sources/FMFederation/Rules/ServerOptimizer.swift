/// A server optimizer: it turns the difference Δ between the aggregate of the updates and the
/// global model into a step, using moments of earlier rounds (Reddi et al. 2021, "Adaptive
/// federated optimization"). Each optimizer has its own file.
public protocol ServerOptimizer: Sendable {
  /// The name in options and manifests.
  static var name: String { get }
  /// The default learning rate η.
  static var learningRate: Double { get }

  /// The step of one number.
  /// - Parameters:
  ///   - delta: the difference Δ.
  ///   - first: the first moment, initially 0; updated.
  ///   - second: the second moment, initially τ²; updated.
  /// - Returns: the step, before multiplication by η.
  static func step(_ delta: Double, first: inout Double, second: inout Double) -> Double
}

/// The available server optimizers.
public enum ServerOptimizers {
  /// All server optimizers.
  public static let all: [any ServerOptimizer.Type] = [
    FedAvgM.self, FedAdam.self, FedYogi.self,
  ]

  /// τ, added to the root of the second moment for numerical stability.
  static let tau = 1e-3
}
