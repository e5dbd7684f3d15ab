/// FedAdam: m ← β₁ m + (1 − β₁) Δ, v ← β₂ v + (1 − β₂) Δ², θ ← θ + η m / (√v + τ), with β₁ = .9, β₂
/// = .99 (Reddi et al. 2021, algorithm 2).
public enum FedAdam: ServerOptimizer {
  /// The name in options and manifests.
  public static let name = "fedadam"
  /// The default learning rate η.
  public static let learningRate = 1e-3

  /// The step of one number, before η.
  public static func step(_ delta: Double, first: inout Double, second: inout Double) -> Double {
    first = 0.9 * first + 0.1 * delta
    second = 0.99 * second + 0.01 * delta * delta
    return first / (second.squareRoot() + ServerOptimizers.tau)
  }
}
