import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// A site's private step with a finished model: a pure function of the model, the site's features and its
/// state. Nothing of it leaves the site.
public struct Personalization: Sendable {
  public let site: String
  public let state: StateArchive

  /// - Parameters:
  ///   - state: nil at a site that has not taken part.
  ///   - stateName: what messages call the state.
  /// - Returns: nil for a method without a private step, or a site without training samples.
  /// - Throws: `badData` where the parts do not fit together, or the model is not finished.
  public init?(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String
  ) throws(FedMedError) {
    guard let method = try model.method() as? any PersonalizedMethod else { return nil }
    guard let parent = model.model?.parent else {
      throw FedMedError(
        .badData, "is of round 0; the private step needs a finished model", file: model.name)
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
  /// The samples of a site for a model.
  /// - Throws: `badData` where the parts do not fit together, or there are no samples to train with.
  init(
    model: ModelArchive, features: FeatureSet, state: StateArchive?, stateName: String, round: Int
  ) throws(FedMedError) {
    guard let site = features.site else {
      throw FedMedError(
        .badData, "names no site", file: features.name,
        hint: "partitioning names it; the scheme whole makes it one site")
    }
    try model.requireFit(features)
    if let damage = features.damage {
      throw FedMedError(
        .badData, "its images were harmed (\(damage.text)): to test with, not to train",
        file: features.name)
    }
    try state?.requireFit(model, site: site, name: stateName)
    self.init(
      site: site, round: round, training: try features.samples(of: .train),
      validation: try features.samples(of: .validation),
      texts: ClassTexts(features: features.text, logitScale: features.encoder.logitScale))
  }
}

extension FeatureSet {
  /// The samples of a split.
  /// - Throws: `badData` where there are no labels, or no splits.
  public func samples(of split: Split) throws(FedMedError) -> Samples {
    guard let labels else {
      throw FedMedError(.badData, "has no labels to train with", file: name)
    }
    let indices = try self.indices(of: split)
    return Samples(try rows.matrix(indices), labels: indices.map { labels[$0] })
  }
}
