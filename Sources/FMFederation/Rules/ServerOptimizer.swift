/// What the server makes of the difference Δ between the updates' aggregate and the global model, with
/// a memory of earlier rounds (Reddi et al. 2021, "Adaptive federated optimization"). One file each.
public protocol ServerOptimizer: Sendable {
  static var name: String { get }
  /// η where none is given.
  static var learningRate: Double { get }

  /// One number's step.
  /// - Parameters:
  ///   - delta: Δ.
  ///   - first: its first moment, 0 in the beginning; changed.
  ///   - second: its second moment, τ² in the beginning; changed.
  /// - Returns: the step, before η.
  static func step(_ delta: Double, first: inout Double, second: inout Double) -> Double
}

/// The server's optimisers by their names.
public enum ServerOptimizers {
  public static let all: [any ServerOptimizer.Type] = [
    FedAvgM.self, FedAdam.self, FedYogi.self,
  ]

  /// τ: how small a root of a second moment can be.
  static let tau = 1e-3
}
