import FMBase
import FMNumerics

/// How a site's samples are divided into train, validation and test.
public struct SplitPlan: Sendable {
  /// Shares of train, validation and test; they sum to 1.
  public let shares: [Double]
  /// Whether each class is divided by itself.
  public let isStratified: Bool

  /// - Parameter text: three whole numbers of a hundred, `60/20/20`.
  public init(_ text: String, stratified: Bool) throws(FedMedError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    let numbers = parts.compactMap { $0 }
    guard parts.count == 3, numbers.count == 3, numbers.allSatisfy({ (0...100).contains($0) }),
      numbers.reduce(0, +) == 100
    else {
      throw FedMedError(.usage, "a split is three whole numbers that sum to 100, like 60/20/20")
    }
    shares = numbers.map { Double($0) / 100 }
    isStratified = stratified
  }

  /// The split of each unit, in the order of `units`.
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
        // A unit belongs where its middle lies: a large one may overshoot, by half of it at most.
        let middle = before + Double(size) / 2
        result[member] = middle < ends[0] ? .train : (middle < ends[1] ? .validation : .test)
        before += Double(size)
      }
    }
    return result
  }
}
