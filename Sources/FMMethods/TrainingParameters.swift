import FMLayers

/// The hyper-parameters that all gradient methods share. The defaults are FedMedCLIP's.
public enum TrainingParameters {
  /// The largest batch and layer width. Training takes memory by the square of each, about 2 GB at this
  /// limit: a hostile manifest cannot make a site take more.
  package static let largest = 4096

  public static let seed = HyperParameter(
    "seed", default: 0, in: 0...1 << 53, "Decides every random number of the run.")
  public static let batchSize = HyperParameter(
    "batchSize", default: 32, in: 2...largest, "Samples in a batch.")
  public static let localEpochs = HyperParameter(
    "localEpochs", default: 1, in: 1...1_000_000, "Epochs at a site in each round.")
  public static let decay = HyperParameter(
    "decay", default: 0.97, in: .openBelow(0, 1),
    "Factor of the learning rates from one round to the next.")
  public static let beta1 = HyperParameter(
    "beta1", default: 0.9, in: .openAbove(0, 1), "Decay rate of Adam's first moment.")
  public static let beta2 = HyperParameter(
    "beta2", default: 0.98, in: .openAbove(0, 1), "Decay rate of Adam's second moment.")
  public static let epsilon = HyperParameter(
    "epsilon", default: 1e-6, in: .openBelow(0, 1), "Adam's epsilon.")
  public static let weightDecay = HyperParameter(
    "weightDecay", default: 0.02, in: .closed(0, 1), "Weight decay.")

  /// What a method declares first, before its learning rates.
  static let sampling: [any HyperParameterDeclaration] = [seed, batchSize, localEpochs]
  /// What it declares after them.
  static let optimization: [any HyperParameterDeclaration] = [
    decay, beta1, beta2, epsilon, weightDecay,
  ]
}
