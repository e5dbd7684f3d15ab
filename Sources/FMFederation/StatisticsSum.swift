import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// The exact total of statistics, from updates of sites, sums of several sites, and models that
/// keep theirs. Additions and subtractions in any order and grouping give the same bytes.
public struct StatisticsSum: Sendable {
  /// The totals, in the order of the method's `sent` layout.
  public private(set) var totals: [IntegerTensor]
  /// The site updates in the sum, by site name.
  private var members: [String: Manifest.Input] = [:]

  /// Creates an empty sum.
  init(_ method: any StatisticsMethod) {
    totals = method.sent.map { IntegerTensor($0) }
  }

  /// Adds an update.
  /// - Throws: `badData` if one of its sites is already in the sum, or a total overflows.
  mutating func add(_ update: FederatedRound.Update, _ method: any StatisticsMethod)
    throws(FedMedError)
  {
    if let duplicate = update.inputs.first(where: { members[$0.site] != nil }) {
      throw FedMedError(
        .badData, "site '\(printable(duplicate.site))' is already in the sum", file: update.name)
    }
    try combine(update, method, subtracting: false)
    for input in update.inputs { members[input.site] = input }
  }

  /// Subtracts an update.
  /// - Throws: `badData` if one of its sites is not in the sum with this update; `tryAgain` if no
  ///   site is left.
  mutating func remove(
    _ update: FederatedRound.Update, _ method: any StatisticsMethod
  ) throws(FedMedError) {
    for input in update.inputs where members[input.site] != input {
      throw FedMedError(
        .badData,
        members[input.site] != nil
          ? "another update of site '\(printable(input.site))' is in the sum"
          : "site '\(printable(input.site))' is not in the sum", file: update.name)
    }
    try combine(update, method, subtracting: true)
    for input in update.inputs { members[input.site] = nil }
    guard !members.isEmpty else { throw FedMedError(.tryAgain, "no site is left in the sum") }
  }

  private mutating func combine(
    _ update: FederatedRound.Update, _ method: any StatisticsMethod, subtracting: Bool
  ) throws(FedMedError) {
    let own = try update.totals(method)
    do throws(FedMedError) {
      for i in totals.indices { try totals[i].add(own[i], subtracting: subtracting) }
    } catch {
      throw error.naming(file: update.name)
    }
  }

  /// The site updates in the sum, in the order of their site names.
  public var inputs: [Manifest.Input] { members.values.sorted { $0.site.precedes($1.site) } }

  /// The number of samples in the sum.
  public var samples: Int { members.values.reduce(0) { $0 + ($1.samples ?? 0) } }

  /// The variance of the noise in the sum, as a multiple of that of one site; 0 without noise.
  public var noise: Double { Manifest.Privacy.sum(inputs.map(\.privacy))?.noise ?? 0 }
}

extension StatisticsMethod {
  /// The statistics in an archive as exact integers, in the order of `sent`.
  /// - Throws: `badData` if they are impossible for that number of samples.
  func totals(
    _ reader: ArchiveReader, samples: Int, noise: Double
  ) throws(FedMedError) -> [IntegerTensor] {
    let (tensors, totals) = try reader.arrays()
    do throws(FedMedError) {
      var own = totals
      if own.isEmpty { for tensor in tensors { own.append(try IntegerTensor(tensor)) } }
      try check(own, samples: samples, noise: noise)
      return own
    } catch {
      throw error.naming(file: reader.name)
    }
  }
}

extension FederatedRound.Update {
  /// Whether it is a model that keeps its statistics.
  public var isModel: Bool { manifest.kind == .model }

  /// The statistics as exact integers, in the order of the method's `sent` layout.
  /// - Throws: `badData` if they are impossible for that number of samples.
  func totals(_ method: any StatisticsMethod) throws(FedMedError) -> [IntegerTensor] {
    try method.totals(archive(), samples: samples, noise: payload.privacy?.noise ?? 0)
  }

  /// The arrays that --guard compares: those of the update, or what the method derives from its
  /// statistics.
  func comparable(_ method: any FederatedMethod) throws(FedMedError) -> [Tensor] {
    guard case .sum(let method) = method.server else { return try archive().tensors() }
    return method.comparable(try totals(method))
  }

  /// Reads the whole archive, so that errors after the manifest are found.
  /// - Throws: `badData` if it is malformed.
  func checkContent() throws(FedMedError) {
    let method = try payload.run.make(classes: manifest.classes.count)
    if case .sum(let method) = method.server {
      _ = try totals(method)
    } else {
      _ = try archive().tensors()
    }
  }
}

extension FederatedRound {
  /// Removes sites from a sum by subtracting their updates, as if they had never taken part.
  /// - Parameter paths: the updates of the sites.
  /// - Throws: `badData` if one is malformed or inconsistent with the others; `noInput` if a file
  ///   cannot be opened; `ioError` if reading fails.
  public mutating func remove(paths: [String]) throws(FedMedError) {
    for path in paths {
      var arrival = try Arrival(path, isSealed: false)
      let update = try arrival.update()
      if let first = updates.first { try Self.requireFit(update, first) }
      removals.append(update)
    }
  }

  /// Changes hyper-parameters that only the server uses.
  /// - Throws: `usage` if one is unknown or is also used by the sites; `badData` if a value is
  ///   invalid.
  public mutating func change(_ given: [String: HyperParameterScalar]) throws(FedMedError) {
    guard !given.isEmpty, var run else { return }
    let definition = try Methods.named(run.method)
    let declarations = try definition.parameters(base: run.parameters[Methods.base])
    var values: [String: HyperParameterScalar] = [:]
    for (key, scalar) in run.parameters.values { values[key] = scalar }
    for (key, scalar) in given {
      guard let declaration = declarations.first(where: { $0.key == key }), declaration.isServers
      else {
        throw FedMedError(
          .usage, "'\(printable(key))' is not a hyper-parameter of the server in \(run.method)")
      }
      values[key] = scalar
    }
    run.parameters = try definition.values(given: values)
    overriddenRun = run
  }

  /// The run of the resulting model: that of a finished model among the updates, or else of the
  /// updates.
  var run: RunPayload? {
    overriddenRun ?? updates.first(where: \.isModel)?.payload.run ?? globalRun
      ?? updates.first?.payload.run
  }

  /// Whether a finished model is among the updates.
  var hasModel: Bool { updates.contains(where: \.isModel) }

  /// The total of all updates without the removed ones.
  /// - Parameter progress: called with the number of updates read.
  /// - Throws: `badData` if a site is duplicate, or a removed update is not in the sum.
  package func sum(
    _ method: any StatisticsMethod, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> StatisticsSum {
    var sum = StatisticsSum(method)
    for (index, update) in updates.enumerated() {
      try sum.add(update, method)
      progress(index + 1)
    }
    for update in removals { try sum.remove(update, method) }
    // The manifests only prove that a subtracted site is listed, so check that the remaining totals
    // are possible.
    if !removals.isEmpty {
      try method.check(sum.totals, samples: sum.samples, noise: sum.noise)
    }
    return sum
  }

  /// The number of sites in the round.
  public var siteCount: Int { inputs.count }
}
