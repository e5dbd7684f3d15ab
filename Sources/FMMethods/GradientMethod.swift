import FMBase
import FMLayers
import FMNumerics

/// A method whose sites train a network step by step. It says which parts the network has and what their
/// gradients are on a batch; the driver (`GradientTraining`) provides batches, epochs and optimisers.
public protocol GradientMethod: FederatedMethod {
  associatedtype Network: GradientNetwork

  /// The run's hyper-parameters, those of `TrainingParameters` among them.
  var values: HyperParameters { get }
  /// What is trained, in the order of the optimisers' steps.
  var parts: [Part<Network>] { get }

  /// The network made of `shared` and `kept` arrays, to be trained.
  func network(
    _ texts: ClassTexts, shared: [Tensor], kept: [Tensor]
  ) throws(FedMedError) -> Network
}

/// A network with its gradients.
public protocol GradientNetwork: Sendable {
  /// Names of the terms of its loss; empty where there is but one.
  var terms: [String] { get }

  /// The losses on a batch, and all gradients into the parameters.
  /// - Parameters:
  ///   - x: features [B, D].
  ///   - y: labels [B].
  mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms)
}

/// Where a module's arrays go after training.
public enum PartOwner: Sendable {
  /// To the server, into the average.
  case shared
  /// Nowhere: they stay at the site.
  case kept
}

/// A module of a network: who owns it, and how it is trained.
public struct Part<Network>: Sendable {
  package let owner: PartOwner
  package let optimizer: any Optimizer
  package let forEachParameter: @Sendable (inout Network, (inout Parameter) -> Void) -> Void
  package let tensors: @Sendable (Network) -> [Tensor]

  /// - Parameters:
  ///   - optimizer: as it is before the first step of a round.
  package init<Trained: Module>(
    _ module: WritableKeyPath<Network, Trained> & Sendable, _ owner: PartOwner,
    _ optimizer: any Optimizer
  ) {
    (self.owner, self.optimizer) = (owner, optimizer)
    forEachParameter = { $0[keyPath: module].forEachParameter($1) }
    tensors = { $0[keyPath: module].tensors() }
  }

  /// The same part of a network inside of another one.
  package init<Inner>(_ part: Part<Inner>, of path: WritableKeyPath<Network, Inner> & Sendable) {
    (owner, optimizer) = (part.owner, part.optimizer)
    forEachParameter = { part.forEachParameter(&$0[keyPath: path], $1) }
    tensors = { part.tensors($0[keyPath: path]) }
  }
}

extension GradientMethod {
  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    guard data.training.labels.count > 1 else {
      throw FedMedError(
        .badData, "\(data.training.labels.count) training samples, a site needs at least 2")
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
      guard epoch.losses.total.isFinite else {
        throw FedMedError(
          .badData, "training diverged: the loss is \(epoch.losses.total)",
          hint: "a smaller learning rate may help")
      }
      epochs.append(epoch)
      progress(epochs.count)
    }
    let sent = training.tensors(of: .shared)
    return Trained(
      sent: sent, kept: training.tensors(of: .kept), shared: sent, epochs: epochs)
  }

  /// Of AdamW with the run's hyper-parameters; its learning rate is decayed from round to round.
  package func adamW(_ learningRate: Double) -> AdamW {
    AdamW(
      learningRate: learningRate, beta1: values[TrainingParameters.beta1],
      beta2: values[TrainingParameters.beta2], epsilon: values[TrainingParameters.epsilon],
      weightDecay: values[TrainingParameters.weightDecay])
  }
}
