import FMArchive
import FMBase
import FMMethods
import FMNumerics
import FMPrivacy
import FMReports

/// A round of secure aggregation at the server: the sum of the masked updates of the sites that it
/// has agreed on with the others, and its unmasking.
public struct SecureSum {
  /// The masked updates in the sum.
  public let inputs: [Manifest.Input]
  private let sites: SecureSites
  private let agreement: SecureAgreement
  private let model: ModelArchive
  private let weights: AggregationWeights
  private let narrow: [UInt32]
  private let wide: [UInt64]
  private var unmasking: SumUnmasking

  /// Adds up masked updates.
  /// - Parameters:
  ///   - paths: the files of the masked updates, in any order; those that are not in the agreement
  ///     are ignored.
  ///   - model: the global model from which they started.
  /// - Throws: `badData` if one is malformed, missing or not of this round; `noInput` if a file
  ///   cannot be opened; `ioError` if reading fails.
  public init(
    _ paths: [String], agreement: SecureAgreement, sites: SecureSites, model: ModelArchive
  ) throws(FedMedError) {
    (self.sites, self.agreement, self.model) = (sites, agreement, model)
    let expected = Dictionary(
      uniqueKeysWithValues: agreement.payload.inputs.map { ($0.site, $0.identity) })
    var inputs: [Manifest.Input] = []
    var hashes: [String: [UInt8]] = [:]
    var (narrow, wide, weights) = ([UInt32](), [UInt64](), AggregationWeights.uniform)
    for path in paths {
      let reader = try ArchiveReader(path: path, kinds: [.masked])
      guard case .masked(let payload) = reader.manifest.payload else { continue }
      guard let identity = expected[payload.site] else { continue }
      guard identity == reader.identity else {
        throw reader.fault("not the update in the agreement", "manifest.json")
      }
      try MaskedUpdate.requireFit(payload, reader, sites, model)
      guard payload.sites == agreement.payload.sites,
        let own = AggregationWeights(rawValue: payload.weights), inputs.isEmpty || own == weights
      else { throw reader.fault("sharers or weights differ from the agreement", "manifest.json") }
      guard !inputs.contains(where: { $0.site == payload.site }) else {
        throw reader.fault("a second update of site '\(payload.site)'", "manifest.json")
      }
      weights = own
      if payload.isWide(try model.method()) {
        let values = try reader.values { reader throws(FedMedError) in try reader.wideIntegers() }
        if wide.isEmpty { wide = [UInt64](repeating: 0, count: values.count) }
        for index in values.indices { wide[index] &+= values[index] }
      } else {
        let values = try reader.values { reader throws(FedMedError) in
          try reader.narrowIntegers()
        }
        if narrow.isEmpty { narrow = [UInt32](repeating: 0, count: values.count) }
        for index in values.indices { narrow[index] &+= values[index] }
      }
      hashes[payload.site] = SHA256.bytes(payload.seedHash)
      inputs.append(
        Manifest.Input(
          site: payload.site, samples: nil, identity: identity, privacy: payload.privacy))
    }
    if let missing = agreement.payload.inputs.first(where: { hashes[$0.site] == nil }) {
      throw FedMedError(.noInput, "no masked update of site '\(printable(missing.site))'")
    }
    self.inputs = inputs.sorted { $0.site.precedes($1.site) }
    (self.narrow, self.wide, self.weights) = (narrow, wide, weights)
    unmasking = SumUnmasking(
      list: sites.list, agreement: try agreement.sum(),
      subject: .init(model: model.identity, weights: weights.rawValue), seedHashes: hashes)
  }

  /// Adds up the masked updates of a round of a run, and reads the shares that were revealed.
  /// - Parameters:
  ///   - paths: the masked updates.
  ///   - folder: the run's folder.
  ///   - model: the global model from which the updates started.
  /// - Throws: `badData` if a file is malformed or not of this round; `noInput` if one is missing;
  ///   `ioError` if reading fails.
  init(_ paths: [String], in folder: String, model: ModelArchive) throws(FedMedError) {
    let round = "\(folder)/\(RunFolder.round(model.round + 1))"
    let sites = try SecureSites(path: "\(folder)/secure/sites.tar", signers: nil)
    try self.init(
      paths, agreement: SecureAgreement(path: "\(round)/agreement.tar", sites: sites),
      sites: sites, model: model)
    for path in Folder.files("\(round)/revealed") where path.hasSuffix(".tar") {
      try reveal(path: path)
    }
  }

  /// Adds the shares that a site reveals.
  /// - Throws: `badData` if they are not of this round and agreement; `noInput` if the file cannot
  ///   be opened; `ioError` if reading fails.
  public mutating func reveal(path: String) throws(FedMedError) {
    let reader = try ArchiveReader(path: path, kinds: [.revealed])
    guard case .revealed(let payload) = reader.manifest.payload, payload.run == sites.run,
      payload.list == sites.hash, payload.round == agreement.payload.round,
      payload.parent == agreement.identity, payload.sites == agreement.payload.sites
    else { throw reader.fault("not for this agreement", "manifest.json") }
    let bytes = try reader.files()["shares.npy"] ?? []
    let size = KeyPair.size
    var revealed: [String: [UInt8]] = [:]
    for (row, site) in payload.sites.enumerated() {
      revealed[site] = Array(bytes[row * size..<(row + 1) * size])
    }
    do throws(FedMedError) {
      try unmasking.add(revealed, from: payload.site)
    } catch {
      throw error.naming(file: path)
    }
  }

  /// Unmasks the sum and makes the next model.
  /// - Parameters:
  ///   - plan: the plan, which can name a server optimizer.
  ///   - state: the saved state of the optimizer.
  /// - Throws: `tryAgain` if too few sites have revealed shares; `badData` if a share is wrong or
  ///   the sum allows no model; `usage` if the plan has a rule other than the mean; `noInput` if
  ///   the optimizer's state is missing.
  public func outcome(
    _ plan: AggregationPlan, state: ServerState?
  ) throws(FedMedError) -> (outcome: AggregationPlan.Outcome, samples: Int?) {
    var plan = plan
    plan.weights = weights
    guard plan.rule.name == MeanRule.name else {
      throw FedMedError(
        .usage, "secure aggregation cannot be combined with the rule \(plan.rule.name)",
        hint: "a robust rule compares single updates, which the server does not see")
    }
    let method = try model.method()
    let coding = try SecureCoding(method, weights: weights, sites: sites.list.entries.count)
    let values =
      coding.isWide
      ? coding.integers(try unmasking.unmasked(wide))
      : coding.integers(try unmasking.unmasked(narrow))
    switch (method.server, try coding.sum(values, count: inputs.count)) {
    case (.sum(let method), .totals(let totals)):
      let noise = Manifest.Privacy.sum(inputs.map(\.privacy))?.noise ?? 0
      let samples = method.samples(in: totals)
      try method.check(totals, samples: samples, noise: noise)
      let made = try method.model(of: totals, noise: noise)
      let outcome = AggregationPlan.Outcome(
        model: made.tensors, remarks: made.remarks,
        aggregation: Manifest.Aggregation(
          rule: AggregationPlan.exactSum, weights: weights.rawValue, secure: true),
        optimization: nil)
      return (outcome, samples)
    case (_, .mean(let tensors, let samples)):
      var outcome = try plan.finish(tensors, global: model, state: state)
      outcome.aggregation.secure = true
      return (outcome, samples)
    default: throw FedMedError(.internalError, "a sum of another method")
    }
  }

  /// Writes the model.
  /// - Parameters:
  ///   - bestRound: the best round by validation so far; `nil` if unknown.
  ///   - samples: the number of samples in the sum; `nil` if it is secret.
  /// - Returns: the identity of the model.
  /// - Throws: `badData` if a value cannot be stored; `ioError` if writing fails.
  public func write(
    _ outcome: AggregationPlan.Outcome, samples: Int?, bestRound: Int?, tool: String,
    to descriptor: Int32, file: String
  ) throws(FedMedError) -> String {
    var payload = ModelPayload(run: model.run, round: agreement.payload.round)
    payload.inputs = inputs
    payload.samples = samples
    payload.privacy = Manifest.Privacy.sum(inputs.map(\.privacy))
    payload.aggregation = outcome.aggregation
    payload.bestRound = bestRound
    payload.parent = model.identity
    let writer = try ArchiveWriter()
    try writer.add(outcome.model)
    return try writer.finish(
      Manifest(tool: tool, classes: model.manifest.classes, .model(payload)), filter: .none,
      to: descriptor, file: file
    ).identity
  }
}

/// Checks of masked updates.
enum MaskedUpdate {
  /// Checks that a masked update belongs to the round after a model, and to a list of sites.
  /// - Throws: `badData` if it does not.
  static func requireFit(
    _ payload: MaskedPayload, _ reader: ArchiveReader, _ sites: SecureSites, _ model: ModelArchive
  ) throws(FedMedError) {
    func require(_ fits: Bool, _ reason: String) throws(FedMedError) {
      guard fits else { throw reader.fault(reason, "manifest.json") }
    }
    try require(payload.list == sites.hash, "masked for another list of sites")
    try require(
      payload.parent == model.identity && payload.round == model.round + 1,
      "started from another model than \(model.name)")
    try require(
      payload.run.method == model.run.method && payload.run.parameters == model.run.parameters
        && payload.run.encoder.fits(model.run.encoder)
        && reader.manifest.classes == model.manifest.classes,
      "classes, encoder, method or hyper-parameters differ from those of the model")
    let coding = try SecureCoding(
      model.method(), weights: AggregationWeights(rawValue: payload.weights) ?? .uniform,
      sites: sites.list.entries.count)
    try require(payload.scale == coding.scale, "numbers have another scale")
    let shares =
      (try model.method() as? any PrivateMethod)?.sharesNoise == true ? sites.noiseShares : 1
    try require(
      payload.privacy.map { $0.noise == 1 / Double(shares) } ?? true,
      "noise of another variance than 1/\(shares)")
  }
}

extension ArchiveReader {
  /// The elements of all arrays in the rest of the archive, one array after the other.
  /// - Throws: `badData` if it is malformed or has other arrays; `ioError` if reading fails.
  fileprivate func values<Value>(
    _ read: (ArchiveReader) throws(FedMedError) -> [Value]
  ) throws(FedMedError) -> [Value] {
    var values: [String: [Value]] = [:]
    while let member = try next() { values[member.name] = try read(self) }
    return manifest.members.flatMap { values[$0.name] ?? [] }
  }
}
