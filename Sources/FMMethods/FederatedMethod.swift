import FMBase
import FMLayers
import FMNumerics

/// A federated method on frozen features: the shared arrays, a site's training, the server's step,
/// and prediction. The rest of the system (archives, rounds, signatures, codecs) carries the arrays
/// without knowing their meaning.
///
/// A method is a value made of a `MethodSetting` and the run's hyper-parameters. Its functions
/// depend on their arguments alone; random numbers come from streams keyed by seed, site and round.
/// Each method has a folder of its own and one line in `Methods`.
public protocol FederatedMethod: Sendable {
  /// The arrays of the global model.
  var shared: Layout { get }
  /// The arrays of an update: all that leaves a site. They travel in the run's codec, by default
  /// half precision. The method itself must see to it that no number rests on too few samples.
  var sent: Layout { get }
  /// The private arrays, which stay at a site between rounds.
  var kept: Layout { get }
  /// Names of the ways to predict; the last one is the method's prediction.
  var predictors: [String] { get }
  /// How the server combines the updates.
  var server: ServerStep { get }
  /// The number of training samples a site needs, unless it decides otherwise: the fewer samples,
  /// the more an update reveals about each of them.
  var fewestSamples: Int { get }
  /// Whether the arrays require single precision, so that lossy codecs are refused.
  var isExact: Bool { get }

  /// The arrays of the first global model.
  /// - Parameter texts: `nil` if the run starts without class texts.
  /// - Throws: `usage` if the method requires them.
  func start(_ texts: ClassTexts?) throws(FedMedError) -> [Tensor]

  /// The private arrays of a site before its first round.
  /// - Throws: a method's error if it cannot make them; the default never throws.
  func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor]

  /// Trains a site in one round.
  /// - Parameters:
  ///   - shared: the arrays of the global model, in the layout `shared`.
  ///   - kept: the site's private arrays, in the layout `kept`.
  ///   - progress: called with the number of finished epochs.
  /// - Throws: `badData` if training is impossible or diverges.
  func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained

  /// Predicts the classes of each row of `x` [N, D].
  /// - Parameter kept: `nil` at a site without private arrays, such as Global.
  /// - Throws: `badData` if an array is missing or invalid.
  func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions
}

extension FederatedMethod {
  /// By default, the layout of the model.
  public var sent: Layout { shared }
  /// By default, no arrays.
  public var kept: Layout { [] }
  /// By default, the average.
  public var server: ServerStep { .average }
  /// By default, one sample.
  public var fewestSamples: Int { 1 }
  /// By default, any codec will do.
  public var isExact: Bool { false }

  /// By default, no arrays.
  /// - Throws: nothing.
  public func startKept(_ texts: ClassTexts, site: String) throws(FedMedError) -> [Tensor] { [] }
}

/// The sizes that determine the shapes of a method's arrays.
public struct MethodSetting: Equatable, Sendable {
  /// D, the feature dimension.
  public let dimension: Int
  /// C, the number of classes.
  public let classes: Int

  /// Creates a setting.
  public init(dimension: Int, classes: Int) {
    (self.dimension, self.classes) = (dimension, classes)
  }
}

/// A site's samples in one round.
public struct TrainingData: Sendable {
  /// The site's name.
  public let site: String
  /// The number of the round: 1, 2, …
  public let round: Int
  /// The samples to train with.
  public let training: Samples
  /// The samples to choose and calibrate with, not to train with.
  public let validation: Samples
  /// The class texts.
  public let texts: ClassTexts
  /// The number of the patient of each training sample; `nil` if unknown.
  package var patients: [Int]?
  /// What the site draws noise with.
  package var noise = NoiseSource()

  /// Creates a round's data.
  public init(
    site: String, round: Int, training: Samples, validation: Samples, texts: ClassTexts
  ) {
    (self.site, self.round, self.training) = (site, round, training)
    (self.validation, self.texts) = (validation, texts)
  }
}

/// The result of a site's training.
public struct Trained: Sendable {
  /// The outcome of an epoch.
  public struct Epoch: Equatable, Sendable {
    /// The mean losses over the steps.
    public let losses: LossTerms
    /// The number of optimizer steps.
    public let steps: Int
  }

  /// The arrays of the update, in the layout `sent`; empty if it consists of ``totals``.
  public let sent: [Tensor]
  /// Statistics with noise, as exact integers in the layout `sent`; empty without noise.
  public private(set) var totals: [IntegerTensor] = []
  /// The number of training samples to publish; `nil` if the true one may be.
  public private(set) var publicCount: Int?
  /// The private arrays, in the layout `kept`.
  public let kept: [Tensor]
  /// The shared arrays after the site's training, to validate with; `nil` if only the server can
  /// make them, so that the site cannot validate yet.
  public let shared: [Tensor]?
  /// The epochs in order; empty if the method does not train in epochs.
  public let epochs: [Epoch]

  /// Creates a result.
  public init(sent: [Tensor], kept: [Tensor], shared: [Tensor]?, epochs: [Epoch]) {
    (self.sent, self.kept, self.shared, self.epochs) = (sent, kept, shared, epochs)
  }

  /// Creates a result with the number of training samples to publish.
  package init(
    sent: [Tensor], kept: [Tensor], shared: [Tensor]?, epochs: [Epoch], publicCount: Int
  ) {
    self.init(sent: sent, kept: kept, shared: shared, epochs: epochs)
    self.publicCount = publicCount
  }

  /// Creates the result of a site that sends statistics with noise.
  /// - Parameter count: the number of training samples according to the noisy statistics.
  package init(totals: [IntegerTensor], count: Int) {
    self.init(sent: [], kept: [], shared: nil, epochs: [])
    (self.totals, publicCount) = (totals, count)
  }
}

/// How the server combines a round's updates.
public enum ServerStep: Sendable {
  /// By averaging, with any aggregation rule, weights and server optimizer; updates have the
  /// model's layout.
  case average
  /// By the exact sum of statistics, of which the method makes the model. Rules, weights and server
  /// optimizers are refused.
  case sum(any StatisticsMethod)
  /// By a reduction of the method's own, such as training on the updates. The value is copied for
  /// each round, and its result has the layout `shared`. Rules, weights other than uniform and
  /// server optimizers are refused; guards and codecs apply as usual.
  case reduce(any UpdateReduction)
}

/// Combines several updates into the arrays of a model.
public protocol UpdateReduction: Sendable {
  /// Adds an update. Updates come one at a time, in the order of their sites' names.
  /// - Parameters:
  ///   - tensors: its arrays, with the same names and shapes in every update.
  ///   - weight: its weight in an average, above 0; 1 for a method's own reduction.
  mutating func add(_ tensors: [Tensor], weight: Double)

  /// Returns the model's arrays.
  /// - Precondition: at least one update was added.
  /// - Throws: `tryAgain` if it requires more updates.
  func result() throws(FedMedError) -> [Tensor]
}
