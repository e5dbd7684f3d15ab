import Glibc

/// McNemar's exact test of whether two predictors are correct equally often on the same samples.
public enum McNemar {
  /// The two-sided p-value.
  /// - Parameters:
  ///   - first: the number of samples that only the first predictor classifies correctly.
  ///   - second: the number that only the second one classifies correctly.
  /// - Returns: the binomial probability of a split at least as uneven as the one observed; 1 if
  ///   both counts are 0.
  public static func probability(first: Int, second: Int) -> Double {
    let (count, less) = (first + second, min(first, second))
    guard count > 0 else { return 1 }
    // Use logarithms, because binomial coefficients of large numbers overflow.
    func logChoose(_ k: Int) -> Double {
      lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1))
    }
    let tail = (0...less).reduce(0.0) { $0 + exp(logChoose($1) - Double(count) * log(2)) }
    return min(1, 2 * tail)
  }
}

/// DeLong's variance of areas under ROC curves (DeLong, DeLong and Clarke-Pearson 1988), computed
/// from mid-ranks (Sun and Xu 2014).
public struct DeLong: Sendable {
  /// The area under the ROC curve.
  public let auc: Double
  /// For each positive, the share of negatives below it; ties count half.
  private let positiveComponents: [Double]
  /// For each negative, the share of positives above it; ties count half.
  private let negativeComponents: [Double]

  /// Computes the area of class `c` against the rest; `nil` without at least two positives and two
  /// negatives, because the variance is then undefined.
  public init?(_ predictions: LabeledProbabilities, class c: Int) {
    let (rows, classes) = (predictions.labels.indices, predictions.classes)
    func values(_ isPositive: Bool) -> [Double] {
      rows.filter { (predictions.labels[$0] == c) == isPositive }.map {
        predictions.values[$0 * classes + c]
      }
    }
    let (positives, negatives) = (values(true), values(false))
    guard positives.count > 1, negatives.count > 1 else { return nil }
    let (sortedPositives, sortedNegatives) = (positives.sorted(), negatives.sorted())
    /// The share of `sorted` below `value`; ties count half.
    func share(below value: Double, _ sorted: [Double]) -> Double {
      let lower = sorted.partitioningIndex { $0 >= value }
      let upper = sorted.partitioningIndex { $0 > value }
      return Double(lower + upper) / 2 / Double(sorted.count)
    }
    positiveComponents = positives.map { share(below: $0, sortedNegatives) }
    negativeComponents = negatives.map { 1 - share(below: $0, sortedPositives) }
    auc = positiveComponents.reduce(0, +) / Double(positives.count)
  }

  /// The variance of the area.
  public var variance: Double { Self.covariance(self, self) }

  /// The covariance of two areas on the same samples.
  public static func covariance(_ a: DeLong, _ b: DeLong) -> Double {
    func spread(_ x: [Double], _ y: [Double]) -> Double {
      let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
      let sum = zip(x, y).reduce(0.0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
      return sum / Double(x.count - 1) / Double(x.count)
    }
    return spread(a.positiveComponents, b.positiveComponents)
      + spread(a.negativeComponents, b.negativeComponents)
  }

  /// The two-sided p-value of the difference of two areas on the same samples. If the difference
  /// has no variance, 1 for equal areas and 0 otherwise.
  public static func probability(_ a: DeLong, _ b: DeLong) -> Double {
    let variance = a.variance + b.variance - 2 * covariance(a, b)
    guard variance > 0 else { return a.auc == b.auc ? 1 : 0 }
    return erfc((a.auc - b.auc).magnitude / variance.squareRoot() / 2.0.squareRoot())
  }
}

/// Holm's correction of the p-values of several tests.
public enum Holm {
  /// The corrected p-values in the order of `probabilities`. Each is at least as large as the
  /// uncorrected one, and their ranking is kept.
  public static func corrected(_ probabilities: [Double]) -> [Double] {
    let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
    var result = probabilities
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, probabilities[index] * Double(order.count - rank)))
      result[index] = largest
    }
    return result
  }
}

/// A comparison of two predictors on the same samples, score by score.
public struct Comparison: Sendable {
  /// The values of one score.
  public struct Entry: Sendable {
    /// The score's name.
    public let name: String
    /// The class; `nil` for all classes together.
    public let label: String?
    /// The value for the first predictor.
    public let first: Double
    /// The value for the second predictor.
    public let second: Double
    /// The 95 % bootstrap confidence interval of the difference; `nil` if unknown.
    public var interval: (lower: Double, upper: Double)?
    /// The two-sided p-value of the difference; `nil` if unknown.
    public let probability: Double?
    /// The p-value after Holm's correction over all sites and classes of this score; `nil` before
    /// `correct`.
    public var corrected: Double?
  }

  /// The scores that are defined for both predictors and have a test or an interval.
  public private(set) var entries: [Entry]

  /// Compares two predictors. Accuracy uses McNemar's exact test, and the AUC of each class
  /// DeLong's test if it is defined. With a bootstrap, every other score gets a p-value from the
  /// differences over shared draws.
  /// - Parameters:
  ///   - first: the probabilities of the first predictor.
  ///   - second: those of the second one.
  ///   - names: the class names [C].
  ///   - bootstrap: the resampling plan; `nil` omits intervals and the scores without an exact
  ///     test.
  ///   - progress: called with the number of draws done.
  /// - Precondition: both have the same samples with the same labels.
  public init(
    _ first: LabeledProbabilities, _ second: LabeledProbabilities, names: [String],
    bootstrap: Bootstrap?, progress: (Int) -> Void = { _ in }
  ) {
    let hits = [first, second].map { predictions in
      zip(predictions.decisions, predictions.labels).map { $0.class == $1 }
    }
    let alone = zip(hits[0], hits[1]).reduce(into: (first: 0, second: 0)) { count, hit in
      if hit.0 && !hit.1 { count.first += 1 }
      if hit.1 && !hit.0 { count.second += 1 }
    }
    let lists = [first, second].map { ScoreList($0, names: names).entries }
    var differences = [[Double?]](repeating: [], count: lists[0].count)
    for draw in 0..<(bootstrap?.count ?? 0) {
      let rows = bootstrap?.draw(draw) ?? []
      let drawn = [first, second].map {
        ScoreList($0.gathering(rows), names: names).entries
      }
      for (index, (a, b)) in zip(drawn[0], drawn[1]).enumerated() {
        differences[index].append(a.value.flatMap { a in b.value.map { a - $0 } })
      }
      progress(draw + 1)
    }
    entries = []
    for (index, (a, b)) in zip(lists[0], lists[1]).enumerated() where a.name != "samples" {
      guard let one = a.value, let other = b.value else { continue }
      var probability = Bootstrap.probability(differences[index])
      if a.name == Score.accuracy.rawValue {
        probability = McNemar.probability(first: alone.first, second: alone.second)
      } else if a.name == "auc", let c = names.firstIndex(where: { $0 == a.label }),
        let a = DeLong(first, class: c), let b = DeLong(second, class: c)
      {
        probability = DeLong.probability(a, b)
      } else if bootstrap == nil {
        continue
      }
      entries.append(
        Entry(
          name: a.name, label: a.label, first: one, second: other,
          interval: Bootstrap.interval(differences[index], level: 0.95),
          probability: probability))
    }
  }

  /// Applies Holm's correction to the p-values of each score, over sites and classes.
  public static func correct(_ comparisons: inout [Comparison]) {
    let names = Set(comparisons.flatMap { $0.entries.map(\.name) })
    for name in names {
      var (places, values): ([(site: Int, entry: Int)], [Double]) = ([], [])
      for (site, comparison) in comparisons.enumerated() {
        for (index, entry) in comparison.entries.enumerated() where entry.name == name {
          guard let probability = entry.probability else { continue }
          places.append((site, index))
          values.append(probability)
        }
      }
      for (place, value) in zip(places, Holm.corrected(values)) {
        comparisons[place.site].entries[place.entry].corrected = value
      }
    }
  }
}
