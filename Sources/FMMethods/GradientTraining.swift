import FMLayers
import FMNumerics
import Glibc

/// The driver of gradient methods: batches, epochs and optimizers. Each round starts with new
/// optimizers, whose learning rates decay from round to round.
public struct GradientTraining<Method: GradientMethod>: Sendable {
  /// The network being trained.
  public internal(set) var network: Method.Network
  /// The owner of the parts that are trained; `nil` for all parts.
  private let owner: PartOwner?
  private let parts: [Part<Method.Network>]
  private var optimizers: [any Optimizer]
  private let batchSize: Int

  private var batch = Matrix(rows: 0, columns: 0)  // [B, D]
  private var labels: [Int] = []  // of the batch [B]
  private var losses: LossTerms

  /// Starts a round of training.
  /// - Parameters:
  ///   - round: 1, 2, …; it determines the learning rates.
  ///   - owner: the owner of the parts that are trained; `nil` for all parts.
  public init(
    _ method: Method, _ network: Method.Network, round: Int, _ owner: PartOwner? = nil
  ) {
    (self.network, self.owner) = (network, owner)
    parts = method.parts
    batchSize = method.values[TrainingParameters.batchSize]
    losses = LossTerms(network.terms)
    let decay = pow(method.values[TrainingParameters.decay], Double(round - 1))
    optimizers = parts.map { part in
      var optimizer = part.optimizer
      optimizer.learningRate *= decay
      return optimizer
    }
  }

  /// Runs one epoch over `features` [N, D] in the given order. A last short batch is dropped,
  /// unless it is the only one.
  /// - Precondition: there are at least two samples.
  public mutating func epoch(features: Matrix, labels: [Int], order: [Int]) -> Trained.Epoch {
    precondition(order.count > 1, "batch normalization requires at least 2 samples")
    let size = min(batchSize, order.count)
    let steps = order.count / size
    var means = LossTerms(network.terms)
    for step in 0..<steps {
      self.step(features, labels, order[step * size..<(step + 1) * size])
      means.add(losses, share: 1 / Double(steps))
    }
    return Trained.Epoch(losses: means, steps: steps)
  }

  /// Performs one step of all optimizers on the samples given by `indices`.
  /// - Returns: the losses before the step.
  @discardableResult
  package mutating func step(_ features: Matrix, _ labels: [Int], _ indices: ArraySlice<Int>)
    -> LossTerms
  {
    gradients(features, labels, indices)
    step()
    return losses
  }

  /// Performs one step of the optimizers along the stored gradients.
  mutating func step() {
    for (place, part) in parts.enumerated() where owner == nil || part.owner == owner {
      optimizers[place].step { part.forEachParameter(&network, $0) }
    }
  }

  /// Returns the losses on the samples given by `indices`, and stores all gradients in the
  /// parameters.
  @discardableResult
  mutating func gradients(
    _ features: Matrix, _ labels: [Int], _ indices: ArraySlice<Int>
  ) -> LossTerms {
    if batch.rows != indices.count {
      batch = Matrix(rows: indices.count, columns: features.columns)
      self.labels = [Int](repeating: 0, count: indices.count)
    }
    batch.gather(indices, of: features)
    for (place, index) in indices.enumerated() { self.labels[place] = labels[index] }
    network.gradients(batch, self.labels, losses: &losses)
    return losses
  }

  /// Returns the arrays of all parts with that owner.
  package func tensors(of owner: PartOwner) -> [Tensor] {
    parts.filter { $0.owner == owner }.flatMap { $0.tensors(network) }
  }

  /// Calls `body` with every trained parameter, in the order in which the optimizers step.
  package mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    for part in parts { part.forEachParameter(&network, body) }
  }
}

/// The largest useful number of training threads at 512 features: one per block of 128.
public let maxTrainingThreads = 4
