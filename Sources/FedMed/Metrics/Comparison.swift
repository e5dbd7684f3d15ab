import Glibc

/// McNemar's exact test: whether two ways to predict are right equally often, on the same samples.
public enum McNemar {
  /// The two-sided probability of a split at least as uneven as `first` to `second` among the samples
  /// where exactly one is right, if each were as likely: 1 where there are none.
  public static func probability(first: Int, second: Int) -> Double {
    let (count, less) = (first + second, min(first, second))
    guard count > 0 else { return 1 }
    // In logarithms, because the binomial coefficients of large numbers overflow.
    func logChoose(_ k: Int) -> Double {
      lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1))
    }
    let tail = (0...less).reduce(0.0) { $0 + exp(logChoose($1) - Double(count) * log(2)) }
    return min(1, 2 * tail)
  }
}

/// DeLong's variance of areas under ROC curves (DeLong, DeLong and Clarke-Pearson 1988), by mid-ranks
/// (Sun and Xu 2014).
public struct DeLong: Sendable {
  public let auc: Double
  /// Of each positive: the share of negatives below it, ties counting half.
  private let ofPositives: [Double]
  /// Of each negative: the share of positives above it.
  private let ofNegatives: [Double]

  /// Class `c` of `predictions` against the rest; nil where there are no positives or no negatives.
  public init?(_ predictions: LabelledProbabilities, class c: Int) {
    let (rows, classes) = (predictions.labels.indices, predictions.classes)
    func values(_ isPositive: Bool) -> [Double] {
      rows.filter { (predictions.labels[$0] == c) == isPositive }.map {
        predictions.values[$0 * classes + c]
      }
    }
    let (positives, negatives) = (values(true), values(false))
    guard !positives.isEmpty, !negatives.isEmpty else { return nil }
    let (sortedPositives, sortedNegatives) = (positives.sorted(), negatives.sorted())
    /// The share of `sorted` below `value`, ties counting half.
    func share(below value: Double, _ sorted: [Double]) -> Double {
      let lower = Self.count(sorted) { $0 < value }
      let upper = Self.count(sorted) { $0 <= value }
      return Double(lower + upper) / 2 / Double(sorted.count)
    }
    ofPositives = positives.map { share(below: $0, sortedNegatives) }
    ofNegatives = negatives.map { 1 - share(below: $0, sortedPositives) }
    auc = ofPositives.reduce(0, +) / Double(positives.count)
  }

  /// How many come first that satisfy a condition, which all after one that does not fail.
  private static func count(_ sorted: [Double], _ condition: (Double) -> Bool) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if condition(sorted[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  public var variance: Double { Self.covariance(self, self) }

  /// The covariance of two areas on the same samples.
  public static func covariance(_ a: DeLong, _ b: DeLong) -> Double {
    func spread(_ x: [Double], _ y: [Double]) -> Double {
      guard x.count > 1 else { return 0 }
      let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
      let sum = zip(x, y).reduce(0.0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
      return sum / Double(x.count - 1) / Double(x.count)
    }
    return spread(a.ofPositives, b.ofPositives) + spread(a.ofNegatives, b.ofNegatives)
  }

  /// The interval that holds the area with 95 % confidence, cut to 0…1.
  public var interval: (lower: Double, upper: Double) {
    let reach = 1.959_963_984_540_054 * variance.squareRoot()
    return (max(auc - reach, 0), min(auc + reach, 1))
  }

  /// The two-sided probability of a difference at least this large if both areas were equal; 1 where
  /// the difference has no variance.
  public static func probability(_ a: DeLong, _ b: DeLong) -> Double {
    let variance = a.variance + b.variance - 2 * covariance(a, b)
    guard variance > 0 else { return a.auc == b.auc ? 1 : 0 }
    return erfc((a.auc - b.auc).magnitude / variance.squareRoot() / 2.0.squareRoot())
  }
}

/// Holm's correction of the probabilities of several tests.
public enum Holm {
  /// In the same order: each no smaller than it was, and in the order of the uncorrected ones.
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

/// Two ways to predict on the same samples, score by score.
public struct Comparison: Sendable {
  public struct Entry: Sendable {
    public let name: String
    /// nil is all classes together.
    public let label: String?
    public let first: Double
    public let second: Double
    /// How likely a difference at least as large would be without any.
    public let probability: Double
    /// The same by Holm, over all entries.
    public fileprivate(set) var corrected = 1.0
  }

  public private(set) var entries: [Entry]

  /// Accuracy by McNemar's exact test, the AUC of each class, where it is defined, by DeLong's.
  /// - Precondition: the same samples, with the same labels.
  public init(
    _ first: LabelledProbabilities, _ second: LabelledProbabilities, names: [String]
  ) {
    let hits = [first, second].map { predictions in
      zip(predictions.decisions, predictions.labels).map { $0.class == $1 }
    }
    let alone = zip(hits[0], hits[1]).reduce(into: (first: 0, second: 0)) { count, hit in
      if hit.0 && !hit.1 { count.first += 1 }
      if hit.1 && !hit.0 { count.second += 1 }
    }
    entries = [
      Entry(
        name: "accuracy", label: nil, first: first.confusion.accuracy,
        second: second.confusion.accuracy,
        probability: McNemar.probability(first: alone.first, second: alone.second))
    ]
    for (c, label) in names.enumerated() {
      guard let a = DeLong(first, class: c), let b = DeLong(second, class: c) else { continue }
      entries.append(
        Entry(
          name: "auc", label: label, first: a.auc, second: b.auc,
          probability: DeLong.probability(a, b)))
    }
    for (index, value) in Holm.corrected(entries.map(\.probability)).enumerated() {
      entries[index].corrected = value
    }
  }
}
