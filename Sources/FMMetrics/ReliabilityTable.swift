import FMBase
import FMNumerics

/// A reliability table: samples binned by confidence, the probability of their predicted class, to
/// compare confidence with accuracy.
public struct ReliabilityTable: Sendable {
  /// The binning of samples.
  public enum Binning: String, CaseIterable, Sendable {
    /// Intervals (lower, upper] of equal width between 0 and 1.
    case width
    /// Bins of nearly equal sample counts in the order of confidence; equal confidences share a
    /// bin.
    case mass
  }

  /// The samples with a confidence in an interval.
  public struct Bin: Codable, Equatable, Sendable {
    /// The lower end of the interval.
    public let lower: Double
    /// The upper end of the interval.
    public let upper: Double
    /// The number of samples.
    public var count = 0
    /// The number of correct predictions.
    public var correct = 0
    /// The sum of confidences over its samples.
    public fileprivate(set) var confidence = 0.0

    /// The mean confidence; NaN without samples.
    public var meanConfidence: Double { confidence / Double(count) }
    /// The share of correct predictions; NaN without samples.
    public var accuracy: Double { Double(correct) / Double(count) }
  }

  /// The bins with samples, by confidence.
  public let bins: [Bin]

  /// Bins the predictions.
  /// - Parameters:
  ///   - predictions: the probabilities and true classes.
  ///   - count: the number of bins before empty ones are dropped.
  ///   - binning: the binning.
  public init(_ predictions: LabeledProbabilities, bins count: Int, binning: Binning) {
    let decisions = predictions.decisions
    let total = decisions.count
    var bins: [Bin] = []
    switch binning {
    case .width:
      bins = (0..<count).map {
        Bin(lower: Double($0) / Double(count), upper: Double($0 + 1) / Double(count))
      }
      for (decision, label) in zip(decisions, predictions.labels) {
        // The first bin whose upper end is not below the confidence.
        var index = min(max(Int(decision.confidence * Double(count)), 0), count - 1)
        while index > 0 && decision.confidence <= bins[index].lower { index -= 1 }
        while index < count - 1 && decision.confidence > bins[index].upper { index += 1 }
        bins[index].add(decision.confidence, isCorrect: decision.class == label)
      }
    case .mass:
      let order = decisions.indices.sorted { decisions[$0].confidence < decisions[$1].confidence }
      var lower = 0.0
      var start = 0
      for index in 0..<count {
        var end = max((index + 1) * total / count, start)
        while end > start, end < total,
          decisions[order[end]].confidence == decisions[order[end - 1]].confidence
        {
          end += 1
        }
        guard end > start else { continue }
        let upper = decisions[order[end - 1]].confidence
        var bin = Bin(lower: lower, upper: upper)
        for row in order[start..<end] {
          bin.add(
            decisions[row].confidence, isCorrect: decisions[row].class == predictions.labels[row])
        }
        bins.append(bin)
        (start, lower) = (end, upper)
      }
    }
    self.bins = bins.filter { $0.count > 0 }
  }

  /// The expected calibration error: the mean over samples of the difference between confidence and
  /// accuracy of their bin, 0…1.
  public var calibrationError: Double {
    Self.calibrationError(bins)
  }

  /// Combines the bins of several tables in `count` bins of equal width. Each bin is added as a
  /// whole to the one that contains its mean confidence.
  package static func pooled(_ tables: [[Bin]], bins count: Int) -> [Bin] {
    var grid = (0..<count).map {
      Bin(lower: Double($0) / Double(count), upper: Double($0 + 1) / Double(count))
    }
    for bin in tables.joined() {
      let index = grid.firstIndex { bin.meanConfidence <= $0.upper } ?? count - 1
      grid[index].add(bin)
    }
    return grid.filter { $0.count > 0 }
  }

  /// The expected calibration error of `bins`, 0…1.
  public static func calibrationError(_ bins: [Bin]) -> Double {
    let total = bins.reduce(0) { $0 + $1.count }
    return bins.reduce(0) {
      $0 + Double($1.count) / Double(total) * ($1.accuracy - $1.meanConfidence).magnitude
    }
  }
}

extension ReliabilityTable.Bin {
  fileprivate mutating func add(_ confidence: Double, isCorrect: Bool) {
    count += 1
    correct += isCorrect ? 1 : 0
    self.confidence += confidence
  }

  package mutating func add(_ other: ReliabilityTable.Bin) {
    count += other.count
    correct += other.correct
    confidence += other.confidence
  }

  /// This bin and `other` combined, from the lower end of this one to the upper end of `other`.
  package func merged(with other: ReliabilityTable.Bin) -> ReliabilityTable.Bin {
    var result = ReliabilityTable.Bin(lower: lower, upper: other.upper)
    result.add(self)
    result.add(other)
    return result
  }

  /// Whether the numbers are possible for any set of samples.
  package var isValid: Bool {
    lower < upper && (0...1).contains(lower) && upper <= 1 && count > 0
      && (0...count).contains(correct)
      && (-1e-6...Double(count) * (1 + 1e-3)).contains(confidence)
  }

  package var json: JSON {
    .object([
      "lower": .number(lower), "upper": .number(upper), "count": .integer(count),
      "correct": .integer(correct), "confidence": .number(confidence),
    ])
  }
}
