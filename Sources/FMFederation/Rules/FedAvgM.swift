/// Server momentum (Hsu, Qi and Brown 2019): v ← β v + Δ, θ ← θ + η v, β = .9, η = 1.
public enum FedAvgM: ServerOptimizer {
  public static let name = "fedavgm"
  public static let learningRate = 1.0

  public static func step(_ delta: Double, first: inout Double, second: inout Double) -> Double {
    first = 0.9 * first + delta
    return first
  }
}
