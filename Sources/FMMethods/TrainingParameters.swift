import FMLayers

/// The hyper-parameters common to all gradient methods, with FedMedCLIP's defaults.
public enum TrainingParameters {
  /// The largest batch size and layer width. Training takes memory proportional to the square of
  /// each, about 2 GB at this limit, so a hostile manifest cannot exhaust a site's memory.
  package static let largest = 4096

  /// The seed of all random numbers of the run.
  public static let seed = HyperParameter(
    "seed", default: 0, in: 0...1 << 53, "Seed of all random numbers of the run.")
  /// The number of samples in a batch.
  public static let batchSize = HyperParameter(
    "batchSize", default: 32, in: 2...largest, "Number of samples per batch.")
  /// The number of epochs at a site in each round.
  public static let localEpochs = HyperParameter(
    "localEpochs", default: 1, in: 1...1_000_000, "Number of epochs per round at each site.")
  /// The factor of the learning rates from one round to the next.
  public static let decay = HyperParameter(
    "decay", default: 0.97, in: .openBelow(0, 1),
    "Factor applied to the learning rates after each round.")
  /// β₁, the decay rate of Adam's first moment.
  public static let beta1 = HyperParameter(
    "beta1", default: 0.9, in: .openAbove(0, 1), "Decay rate of Adam's first moment.")
  /// β₂, the decay rate of Adam's second moment.
  public static let beta2 = HyperParameter(
    "beta2", default: 0.98, in: .openAbove(0, 1), "Decay rate of Adam's second moment.")
  /// ε of Adam.
  public static let epsilon = HyperParameter(
    "epsilon", default: 1e-6, in: .openBelow(0, 1), "Adam's epsilon.")
  /// wd, the weight decay or L2 penalty.
  public static let weightDecay = HyperParameter(
    "weightDecay", default: 0.02, in: .closed(0, 1),
    "Weight decay, or the L2 penalty of sgd and adam.")

  /// The hyper-parameters that a method declares first, before its learning rates.
  static let sampling: [any HyperParameterDeclaration] = [seed, batchSize, localEpochs]
  /// The hyper-parameters that a method declares after its learning rates.
  static let optimization: [any HyperParameterDeclaration] = [
    decay, beta1, beta2, epsilon, weightDecay,
  ]
}
