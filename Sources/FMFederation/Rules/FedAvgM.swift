/// FedAvgM, server momentum (Hsu, Qi and Brown 2019): v ← β v + Δ, θ ← θ + η v, with β = .9, η = 1.
public enum FedAvgM: ServerOptimizer {
  /// The name in options and manifests.
  public static let name = "fedavgm"
  /// The default learning rate η.
  public static let learningRate = 1.0

  /// The step of one number, before η.
  public static func step(_ delta: Double, first: inout Double, second: inout Double) -> Double {
    first = 0.9 * first + delta
    return first
  }
}
