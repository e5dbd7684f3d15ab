import ArgumentParser
import FedMed

/// The hyper-parameters of a run, for --init.
struct RunOptions: ParsableArguments {
  @Option(help: "Decides every random number of the run (0).")
  var seed: UInt64?

  @Option(help: "Samples in a batch (32).")
  var batchSize: Int?

  @Option(help: "Epochs at a site in each round (1).")
  var localEpochs: Int?

  @Option(name: .customLong("learning-rate-fam"), help: "Of the shared module (5e-4).")
  var learningRateFAM: Double?

  @Option(name: .customLong("learning-rate-mlp"), help: "Of the private classifier (1e-4).")
  var learningRateMLP: Double?

  @Option(help: "The learning rates' factor from round to round (0.97).")
  var decay: Double?

  @Option(help: "AdamW's first decay rate (0.9).")
  var beta1: Double?

  @Option(help: "AdamW's second decay rate (0.98).")
  var beta2: Double?

  @Option(help: "AdamW's epsilon (1e-6).")
  var epsilon: Double?

  @Option(help: "AdamW's weight decay (0.02).")
  var weightDecay: Double?

  @Option(help: "The weight of mutual distillation (0.04).")
  var lambda: Double?

  @Option(help: "The temperature of mutual distillation (2).")
  var temperature: Double?

  @Option(help: "The private classifier's width (512).")
  var hidden: Int?

  /// Whether any of them was given.
  var isGiven: Bool {
    let whole: [Any?] = [seed, batchSize, localEpochs, hidden, learningRateFAM, learningRateMLP]
    let others = [decay, beta1, beta2, epsilon, weightDecay, lambda, temperature]
    return whole.contains { $0 != nil } || others.contains { $0 != nil }
  }

  var parameters: HyperParameters {
    var result = HyperParameters()
    result.seed = seed ?? result.seed
    result.batchSize = batchSize ?? result.batchSize
    result.localEpochs = localEpochs ?? result.localEpochs
    result.learningRateFAM = learningRateFAM ?? result.learningRateFAM
    result.learningRateMLP = learningRateMLP ?? result.learningRateMLP
    result.decay = decay ?? result.decay
    result.beta1 = beta1 ?? result.beta1
    result.beta2 = beta2 ?? result.beta2
    result.epsilon = epsilon ?? result.epsilon
    result.weightDecay = weightDecay ?? result.weightDecay
    result.lambda = lambda ?? result.lambda
    result.temperature = temperature ?? result.temperature
    result.hidden = hidden ?? result.hidden
    return result
  }
}
