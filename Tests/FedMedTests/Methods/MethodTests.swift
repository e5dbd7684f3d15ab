import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

/// The requirements that every method must meet.
struct MethodTests {
  let folder: TemporaryFolder
  let features: FeatureSet

  init() throws {
    folder = try TemporaryFolder()
    features = try smallFeatures().archived(folder)
  }

  /// All methods, and each wrapper with each method that it can wrap.
  static let all: [String] = Methods.all.flatMap { method in
    method.isWrapper ? Methods.gradient.map { "\(method.name) \($0.name)" } : [method.name]
  }

  func model(_ name: String) throws -> ModelArchive {
    let words = name.split(separator: " ").map(String.init)
    return try smallModel(
      folder, like: features, method: Methods.named(words[0]),
      given: words.count > 1 ? ["base": .name(words[1])] : [:])
  }

  @Test func namesAndKeysAreUnique() throws {
    #expect(Set(Methods.all.map(\.name)).count == Methods.all.count)
    for method in Methods.all {
      let keys = try method.parameters().map(\.key)
      #expect(Set(keys).count == keys.count)
      #expect(keys.contains(TrainingParameters.seed.key), "\(method.name)")
    }
    // A key has one meaning, because options are derived from keys.
    let all = Methods.all.flatMap(\.ownParameters)
    for a in all {
      for b in all where a.key == b.key {
        #expect(
          a.domain == b.domain && a.defaultScalar == b.defaultScalar && a.help == b.help, "\(a.key)"
        )
      }
      #expect(a.domain.contains(a.defaultScalar), "\(a.key)")
      #expect(a.help.hasSuffix("."), "\(a.key)")
      #expect(a.domain.scalar(a.defaultScalar.text) == a.defaultScalar, "\(a.key)")
    }
  }

  @Test func derivesOptionsFromKeys() {
    #expect(FedMedCLIP.learningRateFAM.option == "learning-rate-fam")
    #expect(TrainingParameters.beta1.option == "beta1")
    #expect(TrainingParameters.localEpochs.option == "local-epochs")
  }

  @Test func refusesInvalidValues() throws {
    func reason(_ given: [String: HyperParameterScalar]) -> String? {
      failure { _ = try MethodDefinition.linear.values(given: given) }?.description
    }
    #expect(reason([:]) == nil)
    #expect(
      reason(["lambda": .number(1)])
        == "parameters.lambda: not a hyper-parameter of this method")
    #expect(reason(["batchSize": .integer(1)]) == "parameters.batchSize: must be from 2 to 4096")
    #expect(reason(["decay": .number(0)]) == "parameters.decay: must be above 0 and at most 1")
    #expect(reason(["beta1": .number(1)]) == "parameters.beta1: must be at least 0 and below 1")
    #expect(reason(["start": .name("x")]) == "parameters.start: must be texts or zeros")
    #expect(reason(["start": .integer(1)]) != nil && reason(["decay": .number(.nan)]) != nil)
    #expect(
      failure { _ = try MethodDefinition.fedprox.values(given: ["base": .name("local")]) }?.place
        == "parameters.base")
  }

  /// Runs from the first model through archives to predictions of the second one.
  @Test(arguments: all)
  func runsARoundThroughArchives(name: String) throws {
    let model = try model(name)
    let method = try model.method()
    #expect(model.tensors.map { TensorShape($0.name, $0.shape) } == method.shared)
    let texts = ClassTexts(features: features.text, logitScale: features.encoder.logitScale)
    let round = try SiteRound(model: model, features: features, state: nil, stateName: "state")
    let again = try SiteRound(model: model, features: features, state: nil, stateName: "state")
    #expect(round.tensors == again.tensors)
    #expect(round.state.latest.tensors == again.state.latest.tensors)
    #expect(round.tensors.map { TensorShape($0.name, $0.shape) } == method.sent)
    #expect(round.state.latest.tensors.map { TensorShape($0.name, $0.shape) } == method.kept)
    // A model that only the server can compute is not validated before.
    if case .average = method.server { #expect(round.validation?.total == 12) }
    // An update cannot contain the private arrays.
    #expect(Set(method.sent.map(\.name)).isDisjoint(with: method.kept.map(\.name)))

    let update = try folder.create("update.tar") { descriptor, file throws(FedMedError) in
      try round.writeUpdate(model: model, tool: "t 1", to: descriptor, file: file)
    }
    let state = try folder.create("state.tar") { descriptor, file throws(FedMedError) in
      try round.state.write(tool: "t 1", to: descriptor, file: file)
    }
    let next = try folder.create("next.tar") { descriptor, file throws(FedMedError) in
      let round = try FederatedRound(paths: [update], global: model)
      try round.write(
        AggregationPlan().apply(to: round, global: nil, state: nil), bestRound: nil, tool: "t 1",
        to: descriptor, file: file)
    }
    let global = try ModelArchive(model: next)
    let held = try StateArchive(path: state)
    let step = try Personalization(
      model: global, features: features, state: held, stateName: "state")
    let own = try #require(
      step?.state.personal(for: global.identity) ?? held.newest(notAfter: 1)?.tensors)
    let x = try features.rows.matrix(Array(0..<20))
    let here = try method.predict(x, texts: texts, shared: global.tensors, kept: own)
    #expect(here.parts.map(\.predictor) == method.predictors)
    // Global has no private part, and still predicts.
    let elsewhere = try method.predict(x, texts: texts, shared: global.tensors, kept: nil)
    #expect(elsewhere.parts.last?.predictor == method.predictors.last)
    for part in here.parts + elsewhere.parts {
      for row in 0..<x.rows {
        #expect(abs(part.probabilities.row(row).reduce(0, +) - 1) < 1e-5)
      }
    }
  }
}
