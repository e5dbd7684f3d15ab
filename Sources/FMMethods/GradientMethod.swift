import FMBase
import FMLayers
import FMNumerics

/// A method whose sites train a network step by step. It defines the network's parts and their
/// gradients on a batch; the driver (`GradientTraining`) provides batches, epochs and optimizers.
public protocol GradientMethod: FederatedMethod {
  /// The network that a site trains.
  associatedtype Network: GradientNetwork

  /// The run's hyper-parameters, including those of `TrainingParameters`.
  var values: HyperParameters { get }
  /// The trained parts, in the order in which the optimizers step.
  var parts: [Part<Network>] { get }

  /// Returns the network made of `shared` and `kept` arrays, ready for training.
  /// - Throws: `badData` if an array is missing or invalid.
  func network(
    _ texts: ClassTexts, shared: [Tensor], kept: [Tensor]
  ) throws(FedMedError) -> Network
}

/// A network that computes its gradients.
public protocol GradientNetwork: Sendable {
  /// The names of the loss terms; empty if the loss has only one.
  var terms: [String] { get }

  /// Computes the losses on a batch, and stores all gradients in the parameters.
  /// - Parameters:
  ///   - x: features [B, D].
  ///   - y: labels [B].
  mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms)
}

/// The owner of a part's arrays.
public enum PartOwner: Sendable {
  /// The arrays are sent to the server, which averages them.
  case shared
  /// The arrays stay at the site.
  case kept
}

/// A module of a network, with its owner and its optimizer.
public struct Part<Network>: Sendable {
  /// Whether the arrays are sent or stay at the site.
  package let owner: PartOwner
  /// The optimizer before the first step of a round.
  package let optimizer: any Optimizer
  /// Calls its second argument with every parameter of the module in a network.
  package let forEachParameter: @Sendable (inout Network, (inout Parameter) -> Void) -> Void
  /// Returns the arrays of the module in a network.
  package let tensors: @Sendable (Network) -> [Tensor]

  /// Creates a part.
  /// - Parameters:
  ///   - optimizer: the optimizer before the first step of a round.
  package init<Trained: Module>(
    _ module: WritableKeyPath<Network, Trained> & Sendable, _ owner: PartOwner,
    _ optimizer: any Optimizer
  ) {
    (self.owner, self.optimizer) = (owner, optimizer)
    forEachParameter = { $0[keyPath: module].forEachParameter($1) }
    tensors = { $0[keyPath: module].tensors() }
  }

  /// Adapts a part of a network to a network that contains it.
  package init<Inner>(_ part: Part<Inner>, of path: WritableKeyPath<Network, Inner> & Sendable) {
    (owner, optimizer) = (part.owner, part.optimizer)
    forEachParameter = { part.forEachParameter(&$0[keyPath: path], $1) }
    tensors = { part.tensors($0[keyPath: path]) }
  }
}

extension GradientMethod {
  /// Trains the network for the run's number of local epochs, with noise if the run has a guarantee.
  /// - Throws: `ioError` if there are no random bytes for the noise; `badData` if there are fewer than 2 training samples, the loss is no longer finite,
  ///   or an array is missing or invalid.
  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    if let method = self as? any PrivateGradientMethod, let guarantee = method.guarantee {
      return try method.trainPrivately(
        data, shared: shared, kept: kept, guarantee, progress: progress)
    }
    guard data.training.labels.count > 1 else {
      throw FedMedError(
        .badData,
        "a site requires at least 2 training samples, found \(data.training.labels.count)")
    }
    var training = GradientTraining(
      self, try network(data.texts, shared: shared, kept: kept), round: data.round)
    var random = RandomStream(
      seed: UInt64(values[TrainingParameters.seed]), site: data.site, round: data.round,
      purpose: .shuffle)
    var epochs: [Trained.Epoch] = []
    for _ in 0..<values[TrainingParameters.localEpochs] {
      let order = random.permutation(data.training.labels.count)
      let epoch = training.epoch(
        features: data.training.features, labels: data.training.labels, order: order)
      try epoch.requireFinite()
      epochs.append(epoch)
      progress(epochs.count)
    }
    let sent = training.tensors(of: .shared)
    return Trained(
      sent: sent, kept: training.tensors(of: .kept), shared: sent, epochs: epochs)
  }

  /// AdamW with the run's hyper-parameters; the driver decays the learning rate from round to
  /// round.
  package func adamW(_ learningRate: Double) -> AdamW {
    AdamW(
      learningRate: learningRate, beta1: values[TrainingParameters.beta1],
      beta2: values[TrainingParameters.beta2], epsilon: values[TrainingParameters.epsilon],
      weightDecay: values[TrainingParameters.weightDecay])
  }
}

extension Trained.Epoch {
  /// Checks that training has not diverged.
  /// - Throws: `badData` if the loss is not finite.
  func requireFinite() throws(FedMedError) {
    guard losses.total.isFinite else {
      throw FedMedError(
        .badData, "training diverged: the loss is \(losses.total)",
        hint: "use a smaller learning rate")
    }
  }
}
