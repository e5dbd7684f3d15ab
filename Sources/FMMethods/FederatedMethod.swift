import FMBase
import FMLayers
import FMNumerics

/// A federated method on frozen features: what is shared, how a site trains, what the server makes of the
/// sites' updates, and how all of it predicts. Everything else (archives, rounds, signatures, codecs)
/// carries its arrays without knowing what they mean.
///
/// A method is a value made of a `MethodSetting` and the run's hyper-parameters, and every function of it
/// is a function of its arguments alone: random numbers come from streams keyed by seed, site and round.
/// One folder each, registered with one line in `Methods`.
public protocol FederatedMethod: Sendable {
  /// What the global model holds.
  var shared: Layout { get }
  /// What an update holds, and thus all arrays that leave a site. They travel in the run's codec, half
  /// precision unless told otherwise; how few samples a number rests on is the method's own care.
  var sent: Layout { get }
  /// What stays at a site between rounds.
  var kept: Layout { get }
  /// Names of the ways to predict; the last is what the method predicts with.
  var predictors: [String] { get }
  /// What the server makes of the updates.
  var server: ServerStep { get }
  /// How many training samples a site needs, unless it decides otherwise: what is sent says more about each of
  /// them where they are few.
  var fewestSamples: Int { get }
  /// Whether its numbers must keep single precision: a codec that loses some is refused.
  var isExact: Bool { get }

  /// The arrays of the first global model.
  /// - Parameter texts: nil where the run starts without them.
  /// - Throws: `usage` where they are needed.
  func start(_ texts: ClassTexts?) throws(FedMedError) -> [Tensor]

  /// The private arrays of a site before its first round.
  func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor]

  /// A site's training in one round.
  /// - Parameters:
  ///   - shared: arrays of the global model, as `shared` has them.
  ///   - kept: the site's private arrays, as `kept` has them.
  ///   - progress: called with the number of epochs done.
  /// - Throws: `badData` where training is impossible or diverges.
  func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained

  /// Predicts each row of `x` [N, D].
  /// - Parameter kept: nil at a site without private arrays, such as Global.
  func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions
}

extension FederatedMethod {
  public var sent: Layout { shared }
  public var kept: Layout { [] }
  public var server: ServerStep { .average }
  public var fewestSamples: Int { 1 }
  public var isExact: Bool { false }

  public func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor] { [] }
}

/// The sizes that a method's arrays follow.
public struct MethodSetting: Equatable, Sendable {
  /// D, the feature size.
  public let dimension: Int
  /// C.
  public let classes: Int

  public init(dimension: Int, classes: Int) {
    (self.dimension, self.classes) = (dimension, classes)
  }
}

/// A site's samples in one round.
public struct TrainingData: Sendable {
  public let site: String
  /// r = 1, 2, …
  public let round: Int
  public let training: Samples
  /// To choose by, not to train with.
  public let validation: Samples
  public let texts: ClassTexts

  public init(
    site: String, round: Int, training: Samples, validation: Samples, texts: ClassTexts
  ) {
    (self.site, self.round, self.training) = (site, round, training)
    (self.validation, self.texts) = (validation, texts)
  }
}

/// What training at a site gives.
public struct Trained: Sendable {
  /// What happened in an epoch.
  public struct Epoch: Equatable, Sendable {
    /// Means over the steps.
    public let losses: LossTerms
    public let steps: Int
  }

  /// The arrays of the update.
  public let sent: [Tensor]
  /// The private arrays.
  public let kept: [Tensor]
  /// The shared arrays as they are at this site, to validate with; nil where only the server makes them, and
  /// nothing is validated before it has.
  public let shared: [Tensor]?
  public let epochs: [Epoch]

  public init(sent: [Tensor], kept: [Tensor], shared: [Tensor]?, epochs: [Epoch]) {
    (self.sent, self.kept, self.shared, self.epochs) = (sent, kept, shared, epochs)
  }
}

/// What the server makes of a round's updates.
public enum ServerStep: Sendable {
  /// The average, by any aggregation rule, weights and server optimiser: updates have the model's layout.
  case average
  /// The exact sum of statistics, and the model that the method makes of it. Rules, weights and optimizers are
  /// refused.
  case sum(any StatisticsMethod)
  /// A reduction of the method's own, such as training on what was sent: a value that is copied for each round,
  /// and whose result has the layout `shared`. Rules, weights other than uniform and server optimisers are
  /// refused; a guard and a codec apply as ever.
  case reduce(any UpdateReduction)
}

/// Combines several updates into the arrays of a model.
public protocol UpdateReduction: Sendable {
  /// Takes in an update; updates come one at a time, in the order of their sites' names.
  /// - Parameters:
  ///   - tensors: its arrays; the same names and shapes in every update.
  ///   - weight: how much it counts in an average, above 0; 1 for a method's own reduction.
  mutating func add(_ tensors: [Tensor], weight: Double)

  /// The model's arrays.
  /// - Precondition: at least one update was added.
  /// - Throws: `tryAgain` for fewer updates than it needs.
  func result() throws(FedMedError) -> [Tensor]
}
