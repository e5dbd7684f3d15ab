import Testing

@testable import FMBase
@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

/// Methods that wrap gradient methods: FedProx, and training without federation.
struct WrapperTests {
  let setting = MethodSetting(dimension: 8, classes: 3)
  let texts = ClassTexts(features: randomMatrix(3, 8, seed: 9), logitScale: 20)
  let x = randomMatrix(24, 8, seed: 2)
  let labels = (0..<24).map { $0 % 3 }
  static let small: [String: HyperParameterScalar] = ["batchSize": .integer(8)]

  func method(
    _ definition: MethodDefinition, _ given: [String: HyperParameterScalar] = [:]
  ) throws -> any FederatedMethod {
    var all = Self.small.merging(given) { $1 }
    if given["base"] == .name("fedmedclip") { all["hidden"] = .integer(6) }
    return try definition.make(setting, definition.values(given: all))
  }

  /// The arrays after a round, the shared ones first.
  func train(_ method: any FederatedMethod, samples: Int = 24) throws -> [Tensor] {
    let data = TrainingData(
      site: "a", round: 1,
      training: Samples(x.gathering(0..<samples), labels: Array(labels[..<samples])),
      validation: Samples(x, labels: labels), texts: texts)
    let trained = try method.train(
      data, shared: method.start(texts), kept: method.startKept(texts, site: "a"),
      progress: { _ in })
    return trained.sent + trained.kept
  }

  @Test(arguments: ["linear", "fedmedclip"])
  func fedProxWithoutItsTermEqualsItsBase(base: String) throws {
    let plain = try method(
      Methods.named(base), base == "fedmedclip" ? ["hidden": .integer(6)] : [:])
    let proximal = try method(.fedprox, ["base": .name(base), "mu": .number(0)])
    #expect(try train(proximal) == train(plain))
    #expect(proximal.shared == plain.shared && proximal.kept == plain.kept)
  }

  /// The first step starts at w^t, where the gradient of the term is zero.
  @Test(arguments: ["linear", "fedmedclip"])
  func proximalTermActsFromTheSecondStep(base: String) throws {
    func after(_ mu: Double, samples: Int) throws -> [Tensor] {
      try train(method(.fedprox, ["base": .name(base), "mu": .number(mu)]), samples: samples)
    }
    #expect(try after(0, samples: 8) == after(5, samples: 8))
    let (free, pulled) = (try after(0, samples: 16), try after(5, samples: 16))
    #expect(free != pulled)
    // The term does not act on private arrays; they differ only through the gradients.
    let size = try method(.fedprox, ["base": .name(base)]).shared.count
    #expect(free[..<size] != pulled[..<size])
  }

  /// The fixed point of gradient descent on a quadratic with Hessian H is
  /// (H + μI)⁻¹ (H w° + μ w^t).
  @Test func convergesToTheFixedPointOfAQuadratic() throws {
    struct Quadratic: GradientNetwork {
      struct Vector: Module {
        var parameter: Parameter
        mutating func forEachParameter(_ body: (inout Parameter) -> Void) { body(&parameter) }
        func tensors() -> [Tensor] { [Tensor("w", parameter)] }
        mutating func load(_ tensors: TensorTable) throws(FedMedError) {}
      }
      var w: Vector
      let terms: [String] = []
      let hessian: [Float] = [0.5, 2, 1]
      let optimum: [Float] = [1, -1, 3]
      mutating func gradients(_ x: Matrix, _ y: [Int], losses: inout LossTerms) {
        losses.total = 0
        for i in 0..<3 {
          w.parameter.gradient[0, i] = hessian[i] * (w.parameter.value[0, i] - optimum[i])
        }
      }
    }
    let start: [Float] = [-2, 0, 1]
    let inner = Quadratic(w: .init(parameter: Parameter(vector: Matrix(vector: start))))
    let part = Part<Quadratic>(\.w, .shared, SGD(learningRate: 0.1, momentum: 0, penalty: 0))
    for mu in [Float(0.5), 4] {
      var network = ProximalNetwork(inner, parts: [part], mu: mu)
      var optimizer = SGD(learningRate: 0.1, momentum: 0, penalty: 0)
      var losses = LossTerms(network.terms)
      for _ in 0..<2000 {
        network.gradients(Matrix(rows: 0, columns: 0), [], losses: &losses)
        optimizer.step { network.inner.w.forEachParameter($0) }
      }
      for i in 0..<3 {
        let expected =
          (inner.hessian[i] * inner.optimum[i] + mu * start[i]) / (inner.hessian[i] + mu)
        #expect(abs(network.inner.w.parameter.value[0, i] - expected) < 1e-5)
      }
      // The term itself: ‖w − w^t‖²/2, with the weight μ in the total.
      let half = (0..<3).reduce(0.0) {
        let change = Double(network.inner.w.parameter.value[0, $1] - start[$1])
        return $0 + change * change / 2
      }
      #expect(losses.terms.map(\.name) == ["proximal"])
      #expect((losses[0] - half).magnitude < 1e-5 && losses.total == Double(mu) * losses[0])
    }
  }

  /// A strong term keeps the global model where it was.
  @Test func strongTermHoldsTheModel() throws {
    func moved(_ mu: Double) throws -> Float {
      let method = try method(
        .fedprox,
        [
          "mu": .number(mu), "localOptimizer": .name("sgd"), "learningRate": .number(1e-4),
          "weightDecay": .number(0), "localEpochs": .integer(200),
        ])
      let start = try method.start(texts)
      return zip(try train(method), start).flatMap {
        zip($0.values, $1.values).map { abs($0 - $1) }
      }
      .max() ?? 0
    }
    #expect(try moved(1000) < 0.05 * moved(0))
  }

  /// The first round equals that of the wrapped method, but nothing is sent.
  @Test(arguments: ["linear", "fedmedclip"])
  func localEqualsItsBaseWithoutTheServer(base: String) throws {
    let plain = try method(
      Methods.named(base), base == "fedmedclip" ? ["hidden": .integer(6)] : [:])
    let local = try method(.local, ["base": .name(base)])
    #expect(try train(local) == train(plain))
    #expect(local.shared.isEmpty && local.sent.isEmpty)
    #expect(local.kept == plain.shared + plain.kept)
  }
}
