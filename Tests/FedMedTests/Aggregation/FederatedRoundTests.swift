import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

struct FederatedRoundTests {
  let folder: TemporaryFolder
  let model: ModelArchive
  let features: FeatureSet

  init() throws {
    folder = try TemporaryFolder()
    features = try smallFeatures().archived(folder)
    model = try smallModel(folder, like: features)
  }

  func update(_ site: String, _ name: String, model: ModelArchive? = nil) throws -> String {
    var own = features
    own.site = site
    let global = model ?? self.model
    let round = try SiteRound(model: global, features: own, state: nil, stateName: "s")
    return try folder.create(name) { descriptor, file throws(FedMedError) in
      try round.writeUpdate(model: global, tool: "t 1", to: descriptor, file: file)
    }
  }

  func aggregate(_ paths: [String]) throws -> [UInt8] {
    try folder.create("mean.tar") { descriptor, file throws(FedMedError) in
      let round = try FederatedRound(paths: paths)
      try round.write(
        AggregationPlan().apply(to: round, global: nil, state: nil), bestRound: nil, tool: "t 1",
        to: descriptor, file: file)
    }
    return try folder.read("mean.tar")
  }

  @Test func ignoresTheOrderOfArguments() throws {
    let paths = [
      try update("b", "1"), try update("a", "2"), try update("ä", "3"), try update("B", "4"),
    ]
    #expect(try aggregate(paths) == aggregate(paths.reversed()))
    let mean = try ModelArchive(model: folder.path("mean.tar"))
    #expect(mean.model?.inputs.map(\.site) == ["B", "a", "b", "ä"])
    #expect(mean.model?.parent == model.identity)
    #expect(mean.round == 1)
  }

  /// A method may compute the model itself; this one records the updates in their order.
  @Test func reductionReceivesUpdatesInOrder() throws {
    struct First: UpdateReduction {
      var values: [Float] = []
      mutating func add(_ tensors: [Tensor], weight: Double) {
        values += [tensors[0].values[0], Float(weight)]
      }
      func result() -> [Tensor] { [Tensor(name: "x", shape: [values.count], values: values)] }
    }
    let paths = [try update("b", "1"), try update("a", "2")]
    let result = try FederatedRound(paths: paths).reduce(First(), weights: .samples)
    let own = try ["2", "1"].map { name in
      try ModelArchive(ArchiveReader(path: folder.path(name), kinds: [.update])).tensors[0].values[
        0]
    }
    #expect(result[0].values == [own[0], 36, own[1], 36])
  }

  @Test func refusesInconsistentUpdates() throws {
    let first = try update("a", "1")
    let duplicate = try update("a", "2")
    #expect(
      failure { _ = try aggregate([first, duplicate]) }?.reason.hasPrefix("duplicate site 'a'")
        == true)
    let otherRun = try smallModel(folder, like: features, seed: 5)
    let foreign = try update("b", "3", model: otherRun)
    #expect(
      failure { _ = try aggregate([first, foreign]) }?.reason.hasPrefix(
        "hyper-parameters differ")
        == true)
    let wider = try smallModel(folder, like: features) { $0[FedMedCLIP.hidden] = 7 }
    #expect(failure { _ = try aggregate([first, update("b", "4", model: wider)]) } != nil)
    let next = try { () -> ModelArchive in
      _ = try aggregate([first])
      return try ModelArchive(model: folder.path("mean.tar"))
    }()
    #expect(
      failure { _ = try aggregate([first, update("b", "5", model: next)]) }?.reason
        .hasPrefix("round differs") == true)
  }

  @Test func refusesOtherKindsOfArchives() throws {
    let path = folder.path("features.tar")
    #expect(failure { _ = try FederatedRound(paths: [path]) }?.code == .badData)
    let round = try SiteRound(model: model, features: features, state: nil, stateName: "s")
    let state = try folder.create("state.tar") { descriptor, file throws(FedMedError) in
      try round.state.write(tool: "t 1", to: descriptor, file: file)
    }
    #expect(failure { _ = try FederatedRound(paths: [state]) }?.code == .refused)
  }
}
