/// FedYogi: like FedAdam, but with v ← v − (1 − β₂) Δ² sign(v − Δ²), which changes by at most (1 −
/// β₂) Δ² (Reddi et al. 2021, algorithm 2).
public enum FedYogi: ServerOptimizer {
  /// The name in options and manifests.
  public static let name = "fedyogi"
  /// The default learning rate η.
  public static let learningRate = 1e-3

  /// The step of one number, before η.
  public static func step(_ delta: Double, first: inout Double, second: inout Double) -> Double {
    first = 0.9 * first + 0.1 * delta
    let square = delta * delta
    let sign = second == square ? 0.0 : second > square ? 1 : -1
    second -= 0.01 * square * sign
    return first / (second.squareRoot() + ServerOptimizers.tau)
  }
}
