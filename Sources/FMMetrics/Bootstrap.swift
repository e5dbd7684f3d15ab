import FMNumerics

/// Bootstrap resampling for confidence intervals of scores: samples are drawn with replacement.
///
/// The units drawn are groups of samples, such as a patient's images, or single samples. Draws are
/// stratified by true class (for a group, the class of its first sample), so that a rare class does
/// not vanish.
public struct Bootstrap: Sendable {
  /// The number of draws.
  public let count: Int
  private let seed: UInt64
  /// The samples of each group; `nil` if samples are drawn singly.
  private let members: [[Int]]?
  /// The units to draw in each class: groups or samples.
  private let strata: [[Int]]

  /// Creates a resampling plan.
  /// - Parameters:
  ///   - labels: the true class of each sample [N].
  ///   - groups: the group number of each sample [N]; `nil` draws samples singly.
  ///   - count: the number of draws.
  ///   - seed: the seed of the random numbers.
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

  /// The rows of draw `index`, which depend only on the seed and the index.
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

  /// The percentile interval that contains the central `level` of a statistic's values over the
  /// draws, with linear interpolation; `nil` if the statistic is undefined in more than a tenth of
  /// the draws.
  public static func interval(_ values: [Double?], level: Double) -> (lower: Double, upper: Double)?
  {
    let defined = values.compactMap { $0 }.sorted()
    guard let last = defined.indices.last, defined.count * 10 >= values.count * 9 else {
      return nil
    }
    /// The quantile at `share`, interpolated linearly.
    func quantile(_ share: Double) -> Double {
      let place = share * Double(last)
      let index = min(Int(place), last)
      let next = min(index + 1, last)
      return defined[index] + (defined[next] - defined[index]) * (place - Double(index))
    }
    return (quantile((1 - level) / 2), quantile((1 + level) / 2))
  }

  /// The two-sided bootstrap p-value of a difference: twice the smaller share of draws on one side
  /// of 0, where draws at 0 count half and one draw is added, (k + 1)/(n + 1), so that it is never
  /// 0. `nil` under the same condition as for `interval`.
  public static func probability(_ differences: [Double?]) -> Double? {
    let defined = differences.compactMap { $0 }
    guard !defined.isEmpty, defined.count * 10 >= differences.count * 9 else { return nil }
    let ties = Double(defined.count { $0 == 0 }) / 2
    let below = Double(defined.count { $0 < 0 }) + ties
    let above = Double(defined.count { $0 > 0 }) + ties
    return min(1, 2 * (min(below, above) + 1) / Double(defined.count + 1))
  }
}
