import FMArchive
import FMBase
import FMMethods
import FMNumerics

/// The exact total of statistics: of sites' updates, of aggregates of several sites, and of models that keep
/// theirs. Adding and subtracting in any order and grouping gives the same bytes.
public struct StatisticsSum: Sendable {
  public private(set) var totals: [IntegerTensor]
  /// What is in it, by the sites' names.
  private var members: [String: Manifest.Input] = [:]

  /// Nothing yet.
  init(_ method: any StatisticsMethod) {
    totals = method.sent.map { IntegerTensor($0) }
  }

  /// - Throws: `badData` where a site is in it already, or a sum overflows.
  mutating func add(_ update: FederatedRound.Update, _ method: any StatisticsMethod)
    throws(FedMedError)
  {
    if let twin = update.inputs.first(where: { members[$0.site] != nil }) {
      throw FedMedError(
        .badData, "site '\(printable(twin.site))' is in the sum already", file: update.name)
    }
    try combine(update, method, subtracting: false)
    for input in update.inputs { members[input.site] = input }
  }

  /// - Throws: `badData` where an update is not in it.
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

  /// What is in it, in the order of the sites' names.
  public var inputs: [Manifest.Input] { members.values.sorted { $0.site.precedes($1.site) } }

  /// Σ of all samples in it.
  public var samples: Int { members.values.reduce(0) { $0 + $1.samples } }
}

extension StatisticsMethod {
  /// The statistics in an archive as exact integers, in the order of `sent`.
  /// - Throws: `badData` where they cannot be those of so many samples.
  func totals(_ reader: ArchiveReader, samples: Int) throws(FedMedError) -> [IntegerTensor] {
    let (tensors, totals) = try reader.arrays()
    do throws(FedMedError) {
      var own = totals
      if own.isEmpty { for tensor in tensors { own.append(try IntegerTensor(tensor)) } }
      try check(own, samples: samples)
      return own
    } catch {
      throw error.naming(file: reader.name)
    }
  }
}

extension FederatedRound.Update {
  /// Whether it is a model that keeps its statistics.
  public var isModel: Bool { manifest.kind == .model }

  /// Its statistics as exact integers, in the order of the method's `sent`.
  /// - Throws: `badData` where they cannot be those of so many samples.
  func totals(_ method: any StatisticsMethod) throws(FedMedError) -> [IntegerTensor] {
    try method.totals(archive(), samples: samples)
  }

  /// What a guard compares: its arrays, or what the method makes of its statistics.
  func comparable(_ method: any FederatedMethod) throws(FedMedError) -> [Tensor] {
    guard case .sum(let method) = method.server else { return try archive().tensors() }
    return method.comparable(try totals(method))
  }

  /// Reads it to its end, so that what is broken behind its manifest is found.
  /// - Throws: `badData`.
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
  /// Leaves updates out of a sum that they are in, as if their sites had never been there.
  /// - Throws: `badData` where one does not belong to the others.
  public mutating func remove(paths: [String]) throws(FedMedError) {
    for path in paths {
      var arrival = try Arrival(path, isSealed: false)
      let update = try arrival.update()
      if let first = updates.first { try Self.requireFit(update, first) }
      removals.append(update)
    }
  }

  /// Has the server's own hyper-parameters changed.
  /// - Throws: `badData` for what the method does not have, or the server does not obey alone.
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
          .usage, "the updates of \(run.method) are not made anew with other parameters")
      }
      values[key] = scalar
    }
    run.parameters = try definition.values(given: values)
    changedRun = run
  }

  /// The run that the model belongs to: that of a finished model where there is one, of the updates else.
  var run: RunPayload? {
    changedRun ?? updates.first(where: \.isModel)?.payload.run ?? startedRun
      ?? updates.first?.payload.run
  }

  /// Whether a finished model is among the updates.
  var hasModel: Bool { updates.contains(where: \.isModel) }

  /// The total of all updates without those that are left out.
  /// - Parameter progress: called with the number of updates read.
  /// - Throws: `badData` where a site is there twice, or what is to be left out is not there.
  package func sum(
    _ method: any StatisticsMethod, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) -> StatisticsSum {
    var sum = StatisticsSum(method)
    for (index, update) in updates.enumerated() {
      try sum.add(update, method)
      progress(index + 1)
    }
    for update in removals { try sum.remove(update, method) }
    // Of what was subtracted, only the list of sites is known to be in the sum.
    if !removals.isEmpty { try method.check(sum.totals, samples: sum.samples) }
    return sum
  }

  /// How many sites are in it.
  public var siteCount: Int { inputs.count }
}
