import FMBase
import FMNumerics

/// A rule to divide a site's samples into train, validation and test.
public struct SplitPlan: Sendable {
  /// Shares of train, validation and test; they sum to 1.
  public let shares: [Double]
  /// Whether each class is divided separately.
  public let isStratified: Bool

  /// Parses a split.
  /// - Parameters:
  ///   - text: three percentages for train, validation and test, such as `60/20/20`.
  ///   - stratified: whether each class is divided separately.
  /// - Throws: `usage` if they are not whole numbers that sum to 100.
  public init(_ text: String, stratified: Bool) throws(FedMedError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    let numbers = parts.compactMap { $0 }
    guard parts.count == 3, numbers.count == 3, numbers.allSatisfy({ (0...100).contains($0) }),
      numbers.reduce(0, +) == 100
    else {
      throw FedMedError(
        .usage,
        "invalid split '\(printable(text))': expected three whole numbers that sum to 100, such as "
          + "60/20/20")
    }
    shares = numbers.map { Double($0) / 100 }
    isStratified = stratified
  }

  /// Returns the split of each unit, in the order of `units`.
  /// - Throws: `badData` if the split is stratified and the samples are not labeled.
  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [Split] {
    if isStratified { try samples.requireLabels("a stratified split") }
    var order = Array(units.indices)
    random.shuffle(&order)
    var result = [Split](repeating: .test, count: units.count)
    let strata: [Int?] = isStratified ? samples.classes.indices.map { $0 } : [nil]
    for stratum in strata {
      let members = order.filter { stratum == nil || samples.units[units[$0]].label == stratum }
      let sizes = members.map { samples.units[units[$0]].rows.count }
      let total = Double(sizes.reduce(0, +))
      let ends = [shares[0] * total, (shares[0] + shares[1]) * total].map { $0.rounded() }
      var before = 0.0
      for (member, size) in zip(members, sizes) {
        // A unit goes to the split of its midpoint, so that a large one overshoots by half its size
        // at most.
        let midpoint = before + Double(size) / 2
        result[member] = midpoint < ends[0] ? .train : (midpoint < ends[1] ? .validation : .test)
        before += Double(size)
      }
    }
    return result
  }
}
