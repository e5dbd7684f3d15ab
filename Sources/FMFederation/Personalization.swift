import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// A site's private step with a finished model: a pure function of the model, the site's features
/// and its state. None of its results leave the site.
public struct Personalization: Sendable {
  /// The site.
  public let site: String
  /// The state with the arrays of the private step.
  public let state: StateArchive

  /// Computes the private step.
  /// - Parameters:
  ///   - model: the finished global model.
  ///   - features: the site's features.
  ///   - state: the site's state; `nil` if it has not taken part in the run.
  ///   - stateName: the state's name in messages.
  /// - Returns: `nil` if the method has no private step, or the site has no training samples.
  /// - Throws: `badData` if model, features and state are inconsistent, or the model is not
  ///   finished; `ioError` if reading fails.
  public init?(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String
  ) throws(FedMedError) {
    guard let method = try model.method() as? any PersonalizedMethod else { return nil }
    guard let parent = model.model?.parent else {
      throw FedMedError(
        .badData, "the private step requires a finished model, this one is of round 0",
        file: model.name)
    }
    let data = try TrainingData(
      model: model, features: features, state: state, stateName: stateName, round: model.round)
    guard data.training.count > 0 else { return nil }
    site = data.site
    let tensors: [Tensor]
    do throws(FedMedError) {
      tensors = try method.personalize(data, shared: model.tensors)
    } catch {
      throw error.naming(file: model.name)
    }
    var own: StateArchive
    if let state {
      own = state
    } else {
      let start = StateArchive.Snapshot(
        round: 0, tensors: try method.startKept(data.texts, site: data.site))
      own = StateArchive(
        latest: start, previous: start, best: nil, site: data.site, model: model, parent: parent)
    }
    own.personalize(tensors, for: model)
    self.state = own
  }
}

extension TrainingData {
  /// The training data of a site for a model.
  /// - Throws: `badData` if model, features and state are inconsistent, or there are no labels or
  ///   splits.
  init(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String, round: Int
  ) throws(FedMedError) {
    guard let site = features.site else {
      throw FedMedError(
        .badData, "no site name", file: features.name,
        hint: "assign one with fm-partition; --scheme whole keeps all samples at one site")
    }
    try model.requireFit(features)
    if let damage = features.damage {
      throw FedMedError(
        .badData,
        "its images were deliberately corrupted (\(damage.text)), which is for testing only",
        file: features.name)
    }
    try state?.requireFit(model, site: site, name: stateName)
    self.init(
      site: site, round: round, training: try features.samples(of: .train),
      validation: try features.samples(of: .validation),
      texts: ClassTexts(features: features.text, logitScale: features.encoder.logitScale))
  }
}

extension TrainingData {
  /// Prepares a round with noise.
  /// - Returns: the description of the noise; `nil` if the model's run adds none.
  /// - Throws: `usage` if the run adds noise and `noise` is missing; `badData` if the run protects
  ///   patients and the features name none.
  mutating func take(
    _ noise: SiteNoise?, in model: ModelArchive, _ features: FeatureSet
  ) throws(FedMedError) -> Manifest.Privacy? {
    guard let guarantee = PrivacyGuarantee(model.run.parameters) else { return nil }
    guard let noise else {
      throw FedMedError(.usage, "the run adds noise, which requires a ledger")
    }
    self.noise = noise.source
    if guarantee.unit == .patient {
      let column: [String]
      do throws(FedMedError) {
        column = try features.table.column(noise.patients)
      } catch {
        throw FedMedError(
          .badData, error.reason, file: features.name,
          hint: "the run protects patients; name the column of the patients with --patient")
      }
      patients = try Self.numbers(try features.indices(of: .train).map { column[$0] }, features)
    }
    let method = try model.method() as? any PrivateMethod
    let shares = method?.sharesNoise == true ? noise.source.shares : 1
    return Manifest.Privacy(noise: 1 / Double(shares), spent: noise.spent)
  }

  /// Numbers patients in the order of their first samples.
  private static func numbers(
    _ names: [String], _ features: FeatureSet
  ) throws(FedMedError) -> [Int] {
    var numbers: [String: Int] = [:]
    return try names.map { name throws(FedMedError) in
      guard !name.isEmpty else {
        throw FedMedError(.badData, "a training sample names no patient", file: features.name)
      }
      let number = numbers[name] ?? numbers.count
      numbers[name] = number
      return number
    }
  }
}

extension FeatureSet {
  /// The features and labels of the samples in a split.
  /// - Throws: `badData` if there are no labels or no splits; `ioError` if reading fails.
  public func samples(of split: Split) throws(FedMedError) -> Samples {
    guard let labels else {
      throw FedMedError(.badData, "has no labels to train with", file: name)
    }
    let indices = try self.indices(of: split)
    return Samples(try rows.matrix(indices), labels: indices.map { labels[$0] })
  }
}
