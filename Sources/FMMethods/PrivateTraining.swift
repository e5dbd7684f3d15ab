import FMBase
import FMLayers
import FMNumerics
import FMPrivacy

extension PrivacyParameters {
  /// C, the norm to which the gradient of a unit is clipped.
  public static let clip = HyperParameter(
    "dpClip", default: 1, in: .openBelow(0, 1e6),
    "With --dp: norm to which the gradient of a sample or patient is clipped.")
  /// The public number of training samples of a site.
  public static let samples = HyperParameter(
    "dpSamples", default: 1000, in: 1...1 << 30,
    "With --dp: public number of training samples of a typical site, which determines sampling rate and steps."
  )
  /// The number of rounds that ε covers.
  public static let rounds = HyperParameter(
    "dpRounds", default: 50, in: 1...1_000_000, "With --dp: number of rounds that epsilon covers.")

  /// Those of gradient methods, in the order of a manifest.
  static let gradient: [any HyperParameterDeclaration] = all + [clip, samples, rounds]

  /// The keys of all of them; manifests have them only in runs that add noise.
  package static let keys = Set(gradient.map(\.key))
}

/// DP-SGD (Abadi et al., CCS 2016, arXiv 1607.00133): each step takes a Poisson sample of the units,
/// clips the gradient of each, and adds Gaussian noise to their sum. Rate, steps and denominator
/// follow from public numbers only.
struct PrivateSteps: Equatable {
  /// q, the probability of each unit in a step: the batch size over the public number of samples.
  let rate: Double
  /// The number of steps in an epoch.
  let stepsPerEpoch: Int
  /// The number of epochs in a round.
  let epochs: Int
  /// The number by which a noisy sum is divided: the batch size.
  let denominator: Int
  /// C.
  let clip: Double
  /// σ: the noise has deviation σ C.
  let noise: Double
  /// The number of rounds that ε covers.
  let rounds: Int

  init(_ values: HyperParameters, _ guarantee: PrivacyGuarantee) {
    let (batch, samples) = (
      values[TrainingParameters.batchSize], values[PrivacyParameters.samples]
    )
    rate = min(1, Double(batch) / Double(samples))
    stepsPerEpoch = max(1, (samples + batch - 1) / batch)
    epochs = values[TrainingParameters.localEpochs]
    denominator = batch
    clip = values[PrivacyParameters.clip]
    rounds = values[PrivacyParameters.rounds]
    noise = SampledGaussian.noise(
      epsilon: guarantee.epsilon, delta: guarantee.delta, rate: rate,
      steps: stepsPerEpoch * epochs * rounds)
  }

  /// The steps in words.
  var description: String {
    "noise of \(noise) times the clipping norm, \(stepsPerEpoch * epochs) steps per round with "
      + "sampling rate \(rate), \(rounds) rounds"
  }

  /// The privacy loss of one round.
  var lossOfRound: RenyiCurve {
    SampledGaussian(noise: noise, rate: rate).curve.repeated(stepsPerEpoch * epochs)
  }
}

/// The gradients of a linear layer sample by sample: δ_i a_iᵀ of the weight and δ_i of the bias.
package struct LayerGradients {
  /// a, the inputs [B, n].
  package let inputs: Matrix
  /// δ, the gradients of the outputs [B, m]; rows that are masked are zero.
  package var outputs: Matrix

  /// Creates the gradients of a layer.
  package init(inputs: Matrix, outputs: Matrix) {
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// Multiplies the gradient of each sample by a factor.
  mutating func scale(by factors: [Double]) {
    for (row, factor) in factors.enumerated() where factor != 1 {
      for column in 0..<outputs.columns { outputs[row, column] *= Float(factor) }
    }
  }

  /// The dot product of the gradients of two samples: (a_i·a_j + 1)(δ_i·δ_j).
  func dot(_ i: Int, _ j: Int) -> Double {
    func product(_ m: Matrix) -> Double {
      zip(m.row(i), m.row(j)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return (product(inputs) + 1) * product(outputs)
  }
}

/// A network whose shared layers give their gradients sample by sample.
package protocol PrivateNetwork: GradientNetwork {
  /// Computes the losses on a batch, and the gradients of each shared layer for each sample's own
  /// loss. Private parts are not part of this loss.
  mutating func layerGradients(
    _ x: Matrix, _ y: [Int], losses: inout LossTerms
  ) -> [LayerGradients]
  /// Stores the sums over the samples in the parameters of the shared layers, after `finish` has
  /// changed each array. There are no gradients if there were no samples. Parameters without a
  /// gradient, such as thresholds of masks, get zeros.
  mutating func store(_ gradients: [LayerGradients], finish: (inout Matrix) -> Void)
}

/// The clipping of units: single samples, or all samples of a patient.
enum Clipping {
  /// The factors min(1, C/‖g‖) of each sample, for the gradient g of its unit over all layers. Its
  /// norm follows from inputs and output gradients, without forming it (Goodfellow 2015, arXiv
  /// 1510.01799).
  /// - Parameter units: the unit of each sample.
  static func factors(_ layers: [LayerGradients], units: [Int], to clip: Double) -> [Double] {
    let members = Dictionary(grouping: units.indices, by: { units[$0] })
    var factors = [Double](repeating: 1, count: units.count)
    for rows in members.values {
      var square = 0.0
      for layer in layers {
        for (place, i) in rows.enumerated() {
          square += layer.dot(i, i)
          for j in rows[(place + 1)...] { square += 2 * layer.dot(i, j) }
        }
      }
      let norm = square.squareRoot()
      // A norm that is not finite makes training diverge, and is reported then.
      let factor = norm > clip ? clip / norm : 1
      for row in rows { factors[row] = factor }
    }
    return factors
  }
}

/// The sums of gradients over samples, stored in a layer's parameters.
enum SummedGradients {
  /// Stores Σ δ_i a_iᵀ in a weight and Σ δ_i in a bias, or zeros without samples.
  static func store(
    _ gradients: LayerGradients?, weight: inout Parameter, bias: inout Parameter,
    finish: (inout Matrix) -> Void
  ) {
    bias.gradient.fill(0)
    if let gradients {
      weight.gradient.product(transposing: gradients.outputs, gradients.inputs)
      for row in 0..<gradients.outputs.rows {
        for column in 0..<gradients.outputs.columns {
          bias.gradient[0, column] += gradients.outputs[row, column]
        }
      }
    } else {
      weight.gradient.fill(0)
    }
    finish(&weight.gradient)
    finish(&bias.gradient)
  }
}

/// A gradient method that can add noise.
package protocol PrivateGradientMethod: GradientMethod, PrivateMethod
where Network: PrivateNetwork {}

extension PrivateGradientMethod {
  /// The steps and their noise.
  package var noiseDescription: String {
    guarantee.map { PrivateSteps(values, $0).description } ?? "no noise"
  }

  /// That of the steps of a round.
  package var lossOfRound: RenyiCurve {
    guarantee.map { PrivateSteps(values, $0).lossOfRound } ?? .zero
  }

  /// Trains the shared parts with noise, then the private parts without, on what the shared parts
  /// give: they stay at the site.
  /// - Throws: `badData` if training diverges, the round is beyond those that ε covers, δ is too
  ///   large, or patients are unknown; `ioError` if there are no random bytes.
  func trainPrivately(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], _ guarantee: PrivacyGuarantee,
    progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    let plan = PrivateSteps(values, guarantee)
    guard data.round <= plan.rounds else {
      throw FedMedError(
        .badData, "the noise of the run covers \(plan.rounds) rounds, this is round \(data.round)",
        hint: "--dp-rounds must be the number of rounds of the run")
    }
    let units = try data.units(guarantee)
    var source = data.noise.random
    var random = try GaussianStream(from: &source)
    var training = GradientTraining(
      self, try network(data.texts, shared: shared, kept: kept), round: data.round, .shared)
    var epochs: [Trained.Epoch] = []
    for _ in 0..<plan.epochs {
      let epoch = training.privateEpoch(data.training, units: units, plan, &random)
      try epoch.requireFinite()
      epochs.append(epoch)
      progress(epochs.count)
    }
    let sent = training.tensors(of: .shared)
    if parts.contains(where: { $0.owner == .kept }), data.training.count > 1 {
      training = try trainedParts(data, training.network)
    }
    return Trained(
      sent: sent, kept: training.tensors(of: .kept), shared: sent, epochs: epochs,
      publicCount: values[PrivacyParameters.samples])
  }

  /// Trains the private parts for the run's number of local epochs.
  private func trainedParts(
    _ data: TrainingData, _ network: Network
  ) throws(FedMedError) -> GradientTraining<Self> {
    var training = GradientTraining(self, network, round: data.round, .kept)
    var order = RandomStream(
      seed: UInt64(values[TrainingParameters.seed]), site: data.site, round: data.round,
      purpose: .shuffle)
    for _ in 0..<values[TrainingParameters.localEpochs] {
      let epoch = training.epoch(
        features: data.training.features, labels: data.training.labels,
        order: order.permutation(data.training.count))
      try epoch.requireFinite()
    }
    return training
  }
}

extension GradientTraining where Method.Network: PrivateNetwork {
  /// Runs the steps of an epoch with noise.
  mutating func privateEpoch(
    _ samples: Samples, units: [Int], _ plan: PrivateSteps, _ random: inout GaussianStream
  ) -> Trained.Epoch {
    let last = (units.max() ?? -1) + 1
    var (means, counted) = (LossTerms(network.terms), 0)
    for _ in 0..<plan.stepsPerEpoch {
      let isDrawn = (0..<last).map { _ in random.uniform() < plan.rate }
      let rows = units.indices.filter { isDrawn[units[$0]] }
      if let losses = privateStep(samples, rows, units: rows.map { units[$0] }, plan, &random) {
        means.add(losses, share: 1)
        counted += 1
      }
    }
    return Trained.Epoch(
      losses: means.scaled(by: 1 / Double(max(counted, 1))), steps: plan.stepsPerEpoch)
  }

  /// Performs a step on the samples in `rows`, which may be none.
  /// - Returns: their losses; `nil` if there are none.
  private mutating func privateStep(
    _ samples: Samples, _ rows: [Int], units: [Int], _ plan: PrivateSteps,
    _ random: inout GaussianStream
  ) -> LossTerms? {
    var losses = LossTerms(network.terms)
    var layers: [LayerGradients] = []
    if !rows.isEmpty {
      layers = network.layerGradients(
        samples.features.gathering(rows), rows.map { samples.labels[$0] }, losses: &losses)
      let factors = Clipping.factors(layers, units: units, to: plan.clip)
      for index in layers.indices { layers[index].scale(by: factors) }
    }
    let (deviation, share) = (plan.noise * plan.clip, 1 / Double(plan.denominator))
    network.store(layers) { sum in
      sum.withMutableElements { elements in
        for index in elements.indices {
          elements[index] = Float((Double(elements[index]) + deviation * random.normal()) * share)
        }
      }
    }
    step()
    return rows.isEmpty ? nil : losses
  }
}

extension TrainingData {
  /// The unit of each training sample, from 0.
  /// - Throws: `badData` if patients are to be protected but are unknown, or δ is too large for the
  ///   number of samples.
  func units(_ guarantee: PrivacyGuarantee) throws(FedMedError) -> [Int] {
    // A larger δ would allow publishing one of the samples.
    guard guarantee.delta * 10 * Double(training.count) <= 1 else {
      throw FedMedError(
        .badData,
        "a delta of \(guarantee.delta) is too large for \(training.count) training samples",
        hint: "delta must be at most a tenth of 1 over their number")
    }
    guard guarantee.unit == .patient else { return Array(0..<training.count) }
    guard let patients else {
      throw FedMedError(.badData, "the patients of the samples are unknown")
    }
    return patients
  }
}
