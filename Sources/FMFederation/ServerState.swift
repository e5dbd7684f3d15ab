import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

/// The state of the server's optimizer between rounds. It stays at the server.
public struct ServerState: Sendable {
  /// The identity of the archive.
  public let identity: String
  package let first: [Tensor]
  package let second: [Tensor]
  private let payload: ServerPayload
  private let name: String

  /// The name of the optimizer.
  public var optimizer: String { payload.aggregation.optimizer ?? "" }
  /// The round whose model was made with it.
  public var round: Int { payload.round }

  /// Reads the archive at `path`.
  /// - Throws: `noInput` if the file cannot be opened, `badData` if it is malformed, `ioError` if
  ///   reading fails.
  public init(path: String) throws(FedMedError) {
    try self.init(ArchiveReader(path: path, kinds: [.server]))
  }

  package init(_ reader: ArchiveReader) throws(FedMedError) {
    guard case .server(let payload) = reader.manifest.payload else {
      throw reader.fault("not a server state", "manifest.json")
    }
    self.payload = payload
    let tensors = try reader.tensors()
    (first, second) = (tensors.named(under: "first/"), tensors.named(under: "second/"))
    guard second.allSatisfy({ $0.values.allSatisfy { $0 >= 0 } }) else {
      throw reader.fault("a second moment is negative", "second")
    }
    (name, identity) = (reader.name, reader.identity)
  }

  /// Checks that the state belongs to the optimizer and to the global model.
  /// - Throws: `badData` if it is of another optimizer, run, round or set of updates than the
  ///   model.
  package func requireFit(_ optimizer: String, _ global: ModelArchive) throws(FedMedError) {
    guard self.optimizer == optimizer, payload.run.parameters == global.run.parameters else {
      throw FedMedError(
        .badData, "belongs to another run, or to the optimizer \(self.optimizer)", file: name)
    }
    guard round == global.round else {
      throw FedMedError(
        .badData, "expected round \(global.round), that of \(global.name), found round \(round)",
        file: name)
    }
    guard payload.inputs == global.model?.inputs else {
      throw FedMedError(.badData, "updates differ from those of \(global.name)", file: name)
    }
  }
}

/// One step of the server's optimizer, from the global model towards the aggregate of the updates.
public struct ServerOptimization {
  private let optimizer: any ServerOptimizer.Type
  private let learningRate: Double
  private let global: ModelArchive
  private var first: [[Double]]
  private var second: [[Double]]

  /// Prepares a step.
  /// - Parameters:
  ///   - optimizer: the optimizer.
  ///   - learningRate: the learning rate η; `nil` is the optimizer's default.
  ///   - global: the model from which the updates started.
  ///   - state: the saved state; `nil` in the first round.
  /// - Throws: `badData` if the state does not belong to the model; `noInput` if the model was made
  ///   with an optimizer whose state is missing.
  public init(
    _ optimizer: any ServerOptimizer.Type, learningRate: Double?, global: ModelArchive,
    state: ServerState?
  ) throws(FedMedError) {
    try state?.requireFit(optimizer.name, global)
    if state == nil, let last = global.model?.aggregation?.optimizer {
      throw FedMedError(
        .noInput, "was made with \(last), whose state is missing", file: global.name)
    }
    self.optimizer = optimizer
    self.learningRate = learningRate ?? optimizer.learningRate
    self.global = global
    func moments(_ held: [Tensor]?, _ start: Double) -> [[Double]] {
      held?.map { $0.values.map { Double($0) } }
        ?? global.tensors.map { [Double](repeating: start, count: $0.values.count) }
    }
    first = moments(state?.first, 0)
    second = moments(state?.second, ServerOptimizers.tau * ServerOptimizers.tau)
  }

  /// Computes θ ← θ + η step(Δ) for every number.
  /// - Throws: `badData` if a number overflows single precision.
  public mutating func step(towards aggregate: [Tensor]) throws(FedMedError) -> [Tensor] {
    var result = aggregate
    for (index, tensor) in global.tensors.enumerated() {
      for place in tensor.values.indices {
        let start = Double(tensor.values[place])
        let delta = Double(aggregate[index].values[place]) - start
        let step = optimizer.step(
          delta, first: &first[index][place], second: &second[index][place])
        result[index].values[place] = Float(start + learningRate * step)
        guard result[index].values[place].isFinite, Float(first[index][place]).isFinite,
          Float(second[index][place]).isFinite
        else {
          throw FedMedError(
            .badData, "the step of \(optimizer.name) overflows single precision",
            place: tensor.name,
            hint: "an update has very large numbers; --guard discards it")
        }
      }
    }
    return result
  }

  /// Writes the state after a round.
  /// - Parameters:
  ///   - inputs: the updates of the round.
  ///   - aggregation: the description of the aggregation.
  ///   - tool: the name and version of the tool that writes it.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
  public func write(
    of inputs: [Manifest.Input], aggregation: Manifest.Aggregation, tool: String,
    to descriptor: Int32,
    file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    for (prefix, moments) in [("first/", first), ("second/", second)] {
      let tensors = zip(global.tensors, moments).map { tensor, values in
        Tensor(name: tensor.name, shape: tensor.shape, values: values.map { Float($0) })
      }
      try writer.add(tensors, prefix: prefix)
    }
    let payload = ServerPayload(
      run: global.run, round: global.round + 1, aggregation: aggregation, parent: global.identity,
      inputs: inputs)
    let manifest = Manifest(tool: tool, classes: global.manifest.classes, .server(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
