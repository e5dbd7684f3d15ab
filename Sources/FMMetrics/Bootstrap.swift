import FMNumerics

/// Intervals of scores by drawing samples anew, with replacement.
///
/// What is drawn are groups of samples that belong together, such as a patient's, or single samples;
/// they are drawn within each true class (of a group, its first sample's), so that a rare class does
/// not vanish.
public struct Bootstrap: Sendable {
  /// How many draws there are.
  public let count: Int
  private let seed: UInt64
  /// The samples that are drawn together; nil is each for itself.
  private let members: [[Int]]?
  /// What is drawn in each class.
  private let strata: [[Int]]

  /// - Parameters:
  ///   - labels: the true class of each sample.
  ///   - groups: which samples belong together, by a number for each; nil is each for itself.
  ///   - count: how many draws.
  public init(labels: [Int], groups: [Int]?, count: Int, seed: UInt64) {
    (self.count, self.seed) = (count, seed)
    if let groups {
      var (members, places): ([[Int]], [Int: Int]) = ([], [:])
      for (row, group) in groups.enumerated() {
        if let place = places[group] {
          members[place].append(row)
        } else {
          places[group] = members.count
          members.append([row])
        }
      }
      self.members = members
    } else {
      members = nil
    }
    var strata = [[Int]](repeating: [], count: (labels.max() ?? 0) + 1)
    if let members {
      for (group, rows) in members.enumerated() { strata[labels[rows[0]]].append(group) }
    } else {
      for (row, label) in labels.enumerated() { strata[label].append(row) }
    }
    self.strata = strata
  }

  /// The rows of a draw; each depends on the seed and its number alone.
  public func draw(_ index: Int) -> [Int] {
    var random = RandomStream(seed: seed, round: index, purpose: .bootstrap)
    var rows: [Int] = []
    for stratum in strata {
      for _ in stratum {
        let drawn = stratum[random.below(stratum.count)]
        if let members { rows += members[drawn] } else { rows.append(drawn) }
      }
    }
    return rows
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

  /// How likely a difference at least as far from 0 would be without any: twice the share of draws
  /// on the other side of 0, where those at 0 count half, and no draw is no evidence beyond their
  /// number: (k + 1)/(n + 1). nil where the interval is.
  public static func probability(_ differences: [Double?]) -> Double? {
    let defined = differences.compactMap { $0 }
    guard !defined.isEmpty, defined.count * 10 >= differences.count * 9 else { return nil }
    let ties = Double(defined.count { $0 == 0 }) / 2
    let below = Double(defined.count { $0 < 0 }) + ties
    let above = Double(defined.count { $0 > 0 }) + ties
    return min(1, 2 * (min(below, above) + 1) / Double(defined.count + 1))
  }
}
