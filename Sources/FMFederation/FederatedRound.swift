import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

/// The server's round: which updates there are, and the model that they make.
public struct FederatedRound {
  /// An update as its manifest describes it, and where to read it.
  public struct Update {
    public let manifest: Manifest
    public let payload: UpdatePayload
    public let identity: String
    /// What messages call it.
    public let name: String
    /// The checksum of the file, and the fingerprint of the key that signed it, where they were asked
    /// for.
    public package(set) var seal: Seal?
    package let open: () throws(FedMedError) -> ArchiveReader

    public var site: String { payload.site }
    public var samples: Int { payload.samples }

    /// What it is of: a site's own update, or the inputs of an aggregate.
    package var inputs: [Manifest.Input] {
      payload.inputs.isEmpty
        ? [Manifest.Input(site: site, samples: samples, identity: identity)] : payload.inputs
    }

    /// Opens it once more, to read its arrays.
    /// - Throws: `ioError` where it is not what it was.
    package func archive() throws(FedMedError) -> ArchiveReader {
      let reader = try open()
      guard reader.identity == identity else {
        throw FedMedError(.ioError, "changed while it was read", file: name)
      }
      return reader
    }
  }

  /// What a file was, and who signed it.
  public struct Seal: Sendable {
    public let checksum: String
    /// nil where signatures are not looked at.
    public let signer: String?
  }

  /// A file that was left out, why, and what it says of itself as far as it could be read.
  public struct Refusal {
    public let name: String
    public let seal: Seal?
    public let manifest: Manifest?
    public let identity: String?
    public let error: FedMedError

    public init(
      name: String, seal: Seal? = nil, manifest: Manifest? = nil, identity: String? = nil,
      error: FedMedError
    ) {
      (self.name, self.seal, self.manifest) = (name, seal, manifest)
      (self.identity, self.error) = (identity, error)
    }
  }

  /// In the order of their sites' names, by the bytes of their UTF-8.
  public private(set) var updates: [Update]
  /// What was left out.
  public private(set) var refusals: [Refusal] = []
  /// Updates that are in others, and are subtracted from their sum.
  public internal(set) var removals: [Update] = []
  /// The run of the model that the updates started from, where it is known.
  let startedRun: RunPayload?
  /// The run, where the server's own hyper-parameters were changed.
  var changedRun: RunPayload?

  /// Reads the manifests of all updates, and no more of them.
  /// - Parameters:
  ///   - paths: files, pipes, or `-` for standard input; what cannot be read twice is kept in a
  ///     temporary file.
  ///   - global: the model that they must have started from, where it is known.
  ///   - isSealed: whether to tell the files' checksums.
  /// - Throws: `badData` where two updates do not belong together or are from one site.
  public init(
    paths: [String], global: ModelArchive? = nil, isSealed: Bool = false
  ) throws(FedMedError) {
    var updates: [Update] = []
    var owners: [String: String] = [:]
    for path in paths {
      var arrival = try Arrival(path, isSealed: isSealed)
      let update = try arrival.update()
      if let global { try Self.requireFit(update, global) }
      if let first = updates.first { try Self.requireFit(update, first) }
      for input in update.inputs {
        if let twin = owners.updateValue(update.name, forKey: input.site) {
          throw FedMedError(.badData, "site '\(input.site)' sent \(twin) too", file: update.name)
        }
      }
      updates.append(update)
    }
    self.updates = updates.sorted { $0.site.precedes($1.site) }
    startedRun = global?.run
  }

  /// The same, but what is broken, does not belong to the others, is not signed as it must be or is far
  /// off is left out: no site can keep the others from their round.
  ///
  /// What the others are is the global model where it is given, and else what most updates say. What came
  /// twice counts once; of a site that sent two different ones, neither counts.
  /// - Parameters:
  ///   - signers: who may sign for the sites, by their names; nil looks at no signature.
  ///   - limit: how many times as far from the others as the middle one an update may be; nil does not
  ///     look at how far they are.
  public init(
    paths: [String], global: ModelArchive?, isSealed: Bool = false, signers: AllowedSigners?,
    guarding limit: Double?
  ) throws(FedMedError) {
    (updates, startedRun) = ([], global?.run)
    for path in paths {
      var arrival: Arrival?
      do throws(FedMedError) {
        var own = try Arrival(path, isSealed: isSealed, isSigned: signers != nil)
        defer { arrival = own }
        updates.append(try own.wholeUpdate(signers))
      } catch {
        // What is there, but is no file that can be read, is its sender's fault too.
        guard
          [.badData, .refused].contains(error.code)
            || error.code == .noInput && ByteSource.exists(path)
        else { throw error }
        refusals.append(arrival?.refusal(error) ?? Refusal(name: path, error: error))
      }
    }
    // Before a site's updates are counted: somebody may have put an old one beside the new one.
    if let global {
      leaveOut(
        updates.map { update in
          Self.failure { () throws(FedMedError) in try Self.requireFit(update, global) }
        })
    }
    leaveOut(
      updates.indices.map { index in
        updates[..<index].first { $0.identity == updates[index].identity }.map { first in
          FedMedError(.refused, "the same as \(first.name)", file: updates[index].name)
        }
      })
    // Whoever sends a sum says which sites are in it; a site's own update tells more.
    let direct = Set(updates.filter(\.payload.inputs.isEmpty).map(\.site))
    leaveOut(
      updates.map { update in
        update.payload.inputs.first { direct.contains($0.site) }.map { input in
          FedMedError(
            .refused, "lists site '\(input.site)', which sent an update of its own",
            file: update.name)
        }
      })
    var counts: [String: Int] = [:]
    for update in updates { for input in update.inputs { counts[input.site, default: 0] += 1 } }
    leaveOut(
      updates.map { update in
        update.inputs.first { counts[$0.site] ?? 0 > 1 }.map { input in
          FedMedError(
            .refused, "one of \(counts[input.site] ?? 0) updates of site '\(input.site)'",
            file: update.name)
        }
      })
    if let model = updates.max(by: { kin(of: $0) < kin(of: $1) }) {
      leaveOut(updates.map { Self.misfit($0, model) })
    }
    updates.sort { $0.site.precedes($1.site) }
    if let limit { try leaveOut(fartherThan: limit) }
  }

  private mutating func leaveOut(fartherThan limit: Double) throws(FedMedError) {
    guard !updates.isEmpty else { return }
    var collection = UpdateCollection()
    let method = try method()
    for update in updates {
      collection.add(try update.comparable(method), weight: 1)
    }
    let distances = UpdateGuard.distances(collection)
    let middle = UpdateGuard.middle(distances)
    leaveOut(
      zip(updates, distances).map { update, distance in
        distance > limit * middle
          ? FedMedError(
            .refused,
            "\(UpdateGuard.times(distance, middle)) times as far from the others as the middle one, the guard allows \(limit)",
            file: update.name) : nil
      })
  }

  /// How many updates say the same of what they belong to.
  private func kin(of update: Update) -> Int {
    updates.count { Self.misfit($0, update) == nil }
  }

  /// Why an update does not belong to another one; nil where it does.
  private static func misfit(_ update: Update, _ other: Update) -> FedMedError? {
    failure { () throws(FedMedError) in try requireFit(update, other) }
  }

  private static func failure(_ check: () throws(FedMedError) -> Void) -> FedMedError? {
    do throws(FedMedError) {
      try check()
      return nil
    } catch {
      return error
    }
  }

  /// Leaves out those with a reason.
  private mutating func leaveOut(_ reasons: [FedMedError?]) {
    refusals += zip(updates, reasons).compactMap { update, error in
      error.map {
        Refusal(
          name: update.name, seal: update.seal, manifest: update.manifest,
          identity: update.identity, error: $0)
      }
    }
    updates = zip(updates, reasons).filter { $0.1 == nil }.map(\.0)
  }

  private static func requireFit(
    _ update: Update, _ global: ModelArchive
  ) throws(FedMedError) {
    guard update.payload.parent == global.identity else {
      throw FedMedError(
        .badData, "started from another model than \(global.name)", file: update.name)
    }
    guard update.isModel || update.payload.run.parameters == global.run.parameters else {
      throw FedMedError(
        .badData, "of another set of parameters than \(global.name)", file: update.name)
    }
    guard update.payload.round == global.round + 1 else {
      throw FedMedError(
        .badData,
        "of round \(update.payload.round), \(global.name) is of round \(global.round)",
        file: update.name)
    }
  }

  static func requireFit(_ update: Update, _ first: Update) throws(FedMedError) {
    func check<Value: Equatable>(
      _ what: String, _ value: (Update) -> Value
    ) throws(FedMedError) {
      guard value(update) == value(first) else {
        throw FedMedError(.badData, "of another \(what) than \(first.name)", file: update.name)
      }
    }
    try check("method") { $0.payload.run.method }
    try check("round") { $0.payload.round }
    try check("shape") { $0.payload.run.encoder.dimension }
    try check("set of classes") { $0.manifest.classes }
    try check("encoder") { $0.payload.run.encoder }
    // A finished model may have another head, made anew of the same updates.
    let fits =
      update.isModel == first.isModel
      ? update.payload.run.parameters == first.payload.run.parameters
      : try update.payload.run.hasSameTraining(as: first.payload.run)
    guard fits else {
      throw FedMedError(
        .badData, "of another set of parameters than \(first.name)", file: update.name)
    }
    try check("parent") { $0.payload.parent }
  }

  /// The method that the updates are of.
  package func method() throws(FedMedError) -> any FederatedMethod {
    guard let first = updates.first, let run else { throw FedMedError(.tryAgain, "no updates") }
    return try run.make(classes: first.manifest.classes.count)
  }

  /// Reads every update in turn and averages them by a rule.
  /// - Parameter progress: called with the number of updates read.
  /// - Throws: `tryAgain` for fewer updates than the rule needs.
  public func combine(
    by rule: any AggregationRule.Type, settings: AggregationSettings = .init(),
    weights: AggregationWeights, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> [Tensor] {
    guard !updates.isEmpty else { throw FedMedError(.tryAgain, "no updates") }
    return try reduce(rule.init(settings), weights: weights, progress: progress)
  }

  /// What a reduction makes of the updates.
  package func reduce(
    _ reduction: any UpdateReduction, weights: AggregationWeights,
    progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> [Tensor] {
    var reduction = reduction
    for (index, update) in updates.enumerated() {
      reduction.add(try update.archive().tensors(), weight: weights.weight(samples: update.samples))
      progress(index + 1)
    }
    return try reduction.result()
  }
}
