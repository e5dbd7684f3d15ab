/// Intervals of scores by drawing samples anew, with replacement.
///
/// What is drawn are groups of samples that belong together, such as a patient's, or single samples;
/// they are drawn within each true class (of a group, its first sample's), so that a rare class does
/// not vanish.
public struct Bootstrap: Sendable {
  /// Draws of the same samples: the rows of each.
  public let draws: [[Int]]

  /// - Parameters:
  ///   - labels: the true class of each sample.
  ///   - groups: which samples belong together, by a name for each; nil is each for itself.
  ///   - count: how many draws.
  public init(labels: [Int], groups: [String]?, count: Int, seed: UInt64) {
    var members: [[Int]] = []
    if let groups {
      var places: [String: Int] = [:]
      for (row, group) in groups.enumerated() {
        if let place = places[group] {
          members[place].append(row)
        } else {
          places[group] = members.count
          members.append([row])
        }
      }
    } else {
      members = labels.indices.map { [$0] }
    }
    var strata: [Int: [Int]] = [:]
    for (group, rows) in members.enumerated() { strata[labels[rows[0]], default: []].append(group) }
    let ordered = strata.keys.sorted().compactMap { strata[$0] }
    var random = RandomStream(seed: seed, purpose: .bootstrap)
    draws = (0..<count).map { _ in
      ordered.flatMap { groups in
        groups.indices.flatMap { _ in members[groups[random.below(groups.count)]] }
      }
    }
  }

  /// The middle `level` of the values that a statistic takes over the draws, from percentile to
  /// percentile; nil where it is not defined in more than a tenth of them.
  public static func interval(_ values: [Double?], level: Double) -> (lower: Double, upper: Double)?
  {
    let defined = values.compactMap { $0 }.sorted()
    guard let last = defined.indices.last, defined.count * 10 >= values.count * 9 else {
      return nil
    }
    /// Between two values in proportion.
    func quantile(_ share: Double) -> Double {
      let place = share * Double(last)
      let index = min(Int(place), last)
      let next = min(index + 1, last)
      return defined[index] + (defined[next] - defined[index]) * (place - Double(index))
    }
    return (quantile((1 - level) / 2), quantile((1 + level) / 2))
  }
}
