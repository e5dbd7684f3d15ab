import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods

struct SiteRoundTests {
  let folder: TemporaryFolder
  let features: FeatureSet

  init() throws {
    folder = try TemporaryFolder()
    features = try smallFeatures().archived(folder)
  }

  func round(
    _ model: ModelArchive, _ state: StateArchive?, features: FeatureSet? = nil
  ) throws -> SiteRound {
    try SiteRound(
      model: model, features: features ?? self.features, state: state, stateName: "state")
  }

  /// The bytes of the state on disk.
  func bytes(_ state: StateArchive) throws -> [UInt8] {
    try folder.create("state.tar") { descriptor, file throws(FedMedError) in
      try state.write(tool: "t 1", to: descriptor, file: file)
    }
    return try folder.read("state.tar")
  }

  func stored(_ state: StateArchive) throws -> StateArchive {
    _ = try bytes(state)
    return try StateArchive(path: folder.path("state.tar"))
  }

  /// A model of the given round with the arrays of a site's update.
  func model(
    after update: SiteRound, from parent: ModelArchive, bestRound: Int? = nil
  ) throws -> ModelArchive {
    let path = try folder.create("u.tar") { descriptor, file throws(FedMedError) in
      try update.writeUpdate(model: parent, tool: "t 1", to: descriptor, file: file)
    }
    let next = try folder.create("m.tar") { descriptor, file throws(FedMedError) in
      let round = try FederatedRound(paths: [path])
      try round.write(
        AggregationPlan().apply(to: round, global: nil, state: nil), bestRound: bestRound,
        tool: "t 1", to: descriptor, file: file)
    }
    return try ModelArchive(model: next)
  }

  @Test func sameInputsGiveTheSameRound() throws {
    let model = try smallModel(folder, like: features)
    let (first, second) = (try round(model, nil), try round(model, nil))
    #expect(first.tensors == second.tensors)
    #expect(try bytes(first.state) == bytes(second.state))
    #expect(first.round == 1)
    #expect(first.samples == 36)
    #expect(first.epochs.count == 1)
    #expect(first.epochs[0].steps == 4)
    #expect(first.tensors != model.tensors)
  }

  @Test func dependsOnSeedSiteAndRound() throws {
    let model = try smallModel(folder, like: features)
    let first = try round(model, nil)
    let other = try smallModel(folder, like: features, seed: 2)
    #expect(try round(other, nil).tensors != first.tensors)
    var moved = features
    moved.site = "b"
    #expect(try round(model, nil, features: moved).tensors != first.tensors)
  }

  /// A round that is interrupted after its state was written can be repeated with the same update
  /// and the same state, for any round and any best round.
  @Test func repeatedRoundIsTheSame() throws {
    var global = try smallModel(folder, like: features)
    var state: StateArchive?
    for (index, best) in [nil, 1, 2, 2, 4, 4].enumerated() {
      let first = try round(global, state)
      let kept = try stored(first.state)
      let again = try round(global, kept)
      #expect(again.tensors == first.tensors)
      #expect(try bytes(again.state) == bytes(first.state))
      #expect(first.state.latest.round == index + 1)
      #expect(first.state.best?.round == global.model?.bestRound)
      #expect(try bytes(kept) == bytes(first.state))
      state = kept
      global = try model(after: first, from: global, bestRound: best)
    }
  }

  @Test func refusesAnOlderModel() throws {
    let start = try smallModel(folder, like: features)
    let first = try round(start, nil)
    let second = try round(model(after: first, from: start), first.state)
    let error = failure { _ = try round(start, second.state) }
    #expect(error?.code == .badData)
    #expect(error?.reason.hasPrefix("the state is from a later round (2) than the model") == true)
  }

  /// A site that missed rounds continues from its latest classifier.
  @Test func continuesAfterMissedRounds() throws {
    let start = try smallModel(folder, like: features)
    let first = try round(start, nil)
    var other = features
    other.site = "b"
    var global = try model(after: first, from: start)
    var theirs: StateArchive?
    for best in [nil, 1, 2] {
      let update = try round(global, theirs, features: other)
      theirs = update.state
      global = try model(after: update, from: global, bestRound: best)
    }
    let late = try round(global, first.state)
    #expect(late.round == 5)
    #expect(late.state.previous.round == 1)
    // Round 2 was best; the site's newest classifier that is not later is of round 1.
    #expect(late.state.best?.round == 1)
    #expect(late.state.newest(notAfter: 5)?.round == 5)
    #expect(late.state.newest(notAfter: 4)?.round == 1)
    #expect(late.state.newest(notAfter: 0) == nil)
  }

  /// A classifier that was never trained is not used for predictions.
  @Test func lateSiteHasNoOlderClassifier() throws {
    let start = try smallModel(folder, like: features)
    let first = try round(start, nil)
    let second = try round(model(after: first, from: start), first.state)
    let third = try model(
      after: second, from: try model(after: first, from: start), bestRound: 1)
    var newcomer = features
    newcomer.site = "c"
    let joined = try round(third, nil, features: newcomer)
    #expect(joined.state.previous.round == 0)
    #expect(joined.state.best == nil)
    #expect(joined.state.newest(notAfter: 2) == nil)
    let again = try round(third, try stored(joined.state), features: newcomer)
    #expect(try bytes(again.state) == bytes(joined.state))
  }

  /// Fewer samples than a batch form one batch; a single sample is too few.
  @Test func trainsOnLessThanABatch() throws {
    let model = try smallModel(folder, like: features)
    var small = features.gathering(Array(0..<5))
    small.site = "a"
    small.split = [.train, .train, .train, .validation, .test]
    #expect(try round(model, nil, features: small).epochs[0].steps == 1)
    small.split = [.train, .validation, .validation, .validation, .test]
    #expect(
      failure { _ = try round(model, nil, features: small) }?.reason
        == "a site requires at least 2 training samples, found 1")
  }

  @Test func refusesInconsistentInputs() throws {
    let model = try smallModel(folder, like: features)
    let state = try round(model, nil).state
    func reason(_ change: (inout FeatureSet) -> Void, _ state: StateArchive? = nil) -> String {
      var changed = features
      change(&changed)
      return failure { _ = try round(model, state, features: changed) }?.reason ?? "accepted"
    }
    #expect(reason { $0.site = nil } == "no site name")
    #expect(reason { $0.split = nil } == "not split into train, validation and test")
    #expect(reason { $0.classes = ["one", "two", "four"] }.hasPrefix("classes one, two, four"))
    #expect(reason { $0.encoder.name = "other" }.hasPrefix("encoder"))
    #expect(reason { $0.encoder.text = String(repeating: "0", count: 64) }.hasPrefix("encoder"))
    #expect(
      reason({ $0.site = "b" }, state) == "the state belongs to site 'a', the features to site 'b'")
    let other = try smallModel(folder, like: features) { $0[FedMedCLIP.lambda] = 1 }
    #expect(
      failure { _ = try round(other, state) }?.reason.hasPrefix("belongs to another run") == true)
    let unlabeled = try smallFeatures(labeled: false)
    #expect(
      failure { _ = try round(model, nil, features: unlabeled) }?.reason
        == "has no labels to train with")
  }
}
