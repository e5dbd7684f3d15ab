import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMNumerics

/// A round at the server: its updates, and their aggregation to a model.
public struct FederatedRound {
  /// The accepted updates, sorted by the UTF-8 bytes of their site names.
  public private(set) var updates: [Update]
  /// The refused files.
  public private(set) var refusals: [Refusal] = []
  /// Updates of sites to remove, which are subtracted from the sum.
  public internal(set) var removals: [Update] = []
  /// The run of the global model; `nil` if that was not given.
  let globalRun: RunPayload?
  /// The run after a change of the server's hyper-parameters; `nil` without a change.
  var overriddenRun: RunPayload?

  /// Reads the manifests of all updates, but not their arrays.
  /// - Parameters:
  ///   - paths: files, pipes, or `-` for standard input; a source that cannot be read twice is
  ///     copied to a temporary file.
  ///   - global: the model from which they must have started; `nil` if unknown.
  ///   - isSealed: whether to compute the files' checksums.
  /// - Throws: `badData` if updates are malformed, inconsistent or of the same site; `noInput` if a
  ///   file cannot be opened; `ioError` if reading fails.
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
        if let other = owners.updateValue(update.name, forKey: input.site) {
          throw FedMedError(
            .badData, "duplicate site '\(input.site)', also in \(other)", file: update.name)
        }
      }
      updates.append(update)
    }
    self.updates = updates.sorted { $0.site.precedes($1.site) }
    globalRun = global?.run
  }

  /// Reads and checks all updates, and refuses those that are malformed, inconsistent with the
  /// others, not properly signed, or outliers, so that no site can block the round of the others.
  ///
  /// Updates must be consistent with the global model if it is given, and otherwise with most of
  /// the updates. Identical copies count once; if a site sent different updates, all of them are
  /// refused.
  /// - Parameters:
  ///   - paths: files, pipes, or `-` for standard input; a source that cannot be read twice is
  ///     copied to a temporary file.
  ///   - global: the model from which they must have started; `nil` if unknown.
  ///   - isSealed: whether to compute the files' checksums.
  ///   - signers: the allowed signers; `nil` ignores signatures.
  ///   - limit: the largest allowed distance from the others, as a multiple of the median distance;
  ///     `nil` accepts any.
  /// - Throws: `noInput` if a file does not exist; `ioError` if reading fails; `usage` if
  ///   FEDMED_SIZE_LIMIT is invalid.
  public init(
    paths: [String], global: ModelArchive?, isSealed: Bool = false, signers: AllowedSigners?,
    guarding limit: Double?
  ) throws(FedMedError) {
    (updates, globalRun) = ([], global?.run)
    for path in paths {
      var arrival: Arrival?
      do throws(FedMedError) {
        var own = try Arrival(path, isSealed: isSealed, isSigned: signers != nil)
        defer { arrival = own }
        updates.append(try own.wholeUpdate(signers))
      } catch {
        // An existing file that cannot be read is its sender's fault too; a missing ssh-keygen is not.
        let isUnreadable =
          error.code == .noInput && error.file?.hasPrefix(path) == true && ByteSource.exists(path)
        guard [.badData, .refused].contains(error.code) || isUnreadable else { throw error }
        refusals.append(arrival?.refusal(error) ?? Refusal(name: path, error: error))
      }
    }
    // Check this before counting a site's updates: somebody may have added an old update to the new
    // one.
    if let global {
      refuse(
        updates.map { update in
          Self.failure { () throws(FedMedError) in try Self.requireFit(update, global) }
        })
    }
    refuse(
      updates.indices.map { index in
        updates[..<index].first { $0.identity == updates[index].identity }.map { first in
          FedMedError(.refused, "duplicate of \(first.name)", file: updates[index].name)
        }
      })
    // The sender of a sum names the sites in it; a site's own update is better evidence.
    let direct = Set(updates.filter(\.payload.inputs.isEmpty).map(\.site))
    refuse(
      updates.map { update in
        update.payload.inputs.first { direct.contains($0.site) }.map { input in
          FedMedError(
            .refused, "includes site '\(input.site)', which also sent its own update",
            file: update.name)
        }
      })
    var counts: [String: Int] = [:]
    for update in updates { for input in update.inputs { counts[input.site, default: 0] += 1 } }
    refuse(
      updates.map { update in
        update.inputs.first { counts[$0.site] ?? 0 > 1 }.map { input in
          FedMedError(
            .refused, "site '\(input.site)' is in \(counts[input.site] ?? 0) different updates",
            file: update.name)
        }
      })
    if let model = updates.max(by: { agreement(of: $0) < agreement(of: $1) }) {
      refuse(updates.map { Self.mismatch($0, model) })
    }
    updates.sort { $0.site.precedes($1.site) }
    if let limit { try refuseOutliers(beyond: limit) }
  }

  private mutating func refuseOutliers(beyond limit: Double) throws(FedMedError) {
    guard !updates.isEmpty else { return }
    var collection = UpdateCollection()
    let method = try method()
    for update in updates {
      collection.add(try update.comparable(method), weight: 1)
    }
    let distances = UpdateGuard.distances(collection)
    let median = UpdateGuard.median(distances)
    refuse(
      zip(updates, distances).map { update, distance in
        distance > limit * median
          ? FedMedError(
            .refused,
            "\(UpdateGuard.ratio(distance, median)) times the median distance from the others, "
              + "--guard allows \(limit)",
            file: update.name) : nil
      })
  }

  /// The number of updates that are consistent with `update`.
  private func agreement(of update: Update) -> Int {
    updates.count { Self.mismatch($0, update) == nil }
  }

  /// The reason why two updates are inconsistent; `nil` if they are consistent.
  private static func mismatch(_ update: Update, _ other: Update) -> FedMedError? {
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

  /// Moves the updates that have an error to the refusals.
  private mutating func refuse(_ reasons: [FedMedError?]) {
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
        .badData, "hyper-parameters differ from those of \(global.name)", file: update.name)
    }
    guard update.payload.round == global.round + 1 else {
      throw FedMedError(
        .badData,
        "expected round \(global.round + 1) after \(global.name), found \(update.payload.round)",
        file: update.name)
    }
  }

  static func requireFit(_ update: Update, _ first: Update) throws(FedMedError) {
    func check<Value: Equatable>(
      _ what: String, _ value: (Update) -> Value
    ) throws(FedMedError) {
      guard value(update) == value(first) else {
        throw FedMedError(
          .badData, "\(what) differs from that of \(first.name)", file: update.name)
      }
    }
    try check("method") { $0.payload.run.method }
    try check("round") { $0.payload.round }
    try check("feature dimension") { $0.payload.run.encoder.dimension }
    try check("list of classes") { $0.manifest.classes }
    try check("encoder") { $0.payload.run.encoder }
    // A finished model may have a different head, recomputed from the same updates.
    let fits =
      update.isModel == first.isModel
      ? update.payload.run.parameters == first.payload.run.parameters
      : try update.payload.run.hasSameTraining(as: first.payload.run)
    guard fits else {
      throw FedMedError(
        .badData, "hyper-parameters differ from those of \(first.name)", file: update.name)
    }
    try check("parent") { $0.payload.parent }
  }

  /// The method of the updates.
  /// - Throws: `tryAgain` if there are no updates; `badData` if the method is unknown.
  package func method() throws(FedMedError) -> any FederatedMethod {
    guard let first = updates.first, let run else { throw FedMedError(.tryAgain, "no updates") }
    return try run.make(classes: first.manifest.classes.count)
  }

  /// Aggregates the updates by a rule, reading one after the other.
  /// - Parameters:
  ///   - rule: the aggregation rule.
  ///   - settings: the settings of the rule.
  ///   - weights: the weighting of the updates.
  ///   - progress: called with the number of updates read.
  /// - Returns: the aggregated arrays.
  /// - Throws: `tryAgain` if there are fewer updates than the rule requires; `usage` for invalid
  ///   settings; `ioError` if reading fails.
  public func combine(
    by rule: any AggregationRule.Type, settings: AggregationSettings = .init(),
    weights: AggregationWeights, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> [Tensor] {
    guard !updates.isEmpty else { throw FedMedError(.tryAgain, "no updates") }
    return try reduce(rule.init(settings), weights: weights, progress: progress)
  }

  /// The result of a reduction of the updates.
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
