import FMBase
import FMNumerics

/// Sums over samples for figures, which can be added over sites. A number that would rest on fewer
/// samples than the report's minimum is `nil` or merged with others.
extension Report {
  /// The sums over the samples of one or more sites.
  public struct Details: Codable, Equatable, Sendable {
    /// The number of confidence bins before those with few samples are merged.
    package static let bins = 15

    /// The confusion matrix [true class][predicted class]; a row is `nil` if its class is hidden.
    public private(set) var confusion: [[Int]?]
    /// The reliability bins, by confidence.
    public private(set) var reliability: [ReliabilityTable.Bin]
    /// The counts at fixed thresholds for each class [C]; `nil` if the class is hidden.
    public private(set) var curves: [ThresholdCounts?]
    /// The areas and thresholds of each class [C]; `nil` if the class is hidden. `nil` as a whole in
    /// sums over sites, whose thresholds differ, and in reports of earlier tools.
    public private(set) var classes: [ClassDetails?]?

    package init(_ predictions: LabeledProbabilities, _ disclosure: Disclosure, minimum: Int) {
      confusion = zip(predictions.confusion.counts, disclosure.isShown).map { $1 ? $0 : nil }
      let table = ReliabilityTable(predictions, bins: Self.bins, binning: .width)
      reliability = Disclosure.merged(table.bins, minimum: minimum)
      curves = disclosure.isShown.enumerated().map { c, isShown in
        isShown ? ThresholdCounts(predictions, class: c).merged(minimum: minimum) : nil
      }
      classes = disclosure.isShown.enumerated().map { c, isShown in
        isShown ? ClassDetails(predictions, class: c, minimum: minimum) : nil
      }
    }

    /// Adds the details of several sites; `nil` if `parts` is empty. A class stays hidden only if
    /// every site hides it.
    public init?(adding parts: [Details]) {
      guard let first = parts.first else { return nil }
      self = first
      classes = nil
      for other in parts.dropFirst() {
        for t in confusion.indices {
          guard let row = other.confusion[t] else { continue }
          confusion[t] = confusion[t].map { zip($0, row).map(+) } ?? row
        }
        for c in curves.indices {
          guard let curve = other.curves[c] else { continue }
          if curves[c]?.add(curve) == nil { curves[c] = curve }
        }
      }
      reliability = ReliabilityTable.pooled(parts.map(\.reliability), bins: Self.bins)
    }

    /// The confusion matrix of the classes that are shown, with zero rows for the hidden ones.
    public var visible: ConfusionMatrix {
      ConfusionMatrix(
        counts: confusion.map { $0 ?? [Int](repeating: 0, count: confusion.count) })
    }

    /// The indices of the hidden classes.
    public var hidden: [Int] { confusion.indices.filter { confusion[$0] == nil } }

    /// The scores that can be computed from the sums.
    public var values: [Score: Double] {
      var values = visible.values
      values[.calibrationError] = ReliabilityTable.calibrationError(reliability)
      return values
    }
  }
}

extension Report.Details {
  package var json: JSON {
    .object([
      "confusion": .array(
        confusion.map { row in row.map { .array($0.map { .integer($0) }) } ?? .null }),
      "reliability": .array(reliability.map(\.json)),
      "curves": .array(curves.map { $0?.json ?? .null }),
      "classes": classes.map { .array($0.map { $0?.json ?? .null }) },
    ])
  }

  /// Whether the numbers are possible for any set of samples, and rest on at least `minimum` of
  /// them.
  package func isValid(total: Int, correct: Int, classes: Int, minimum: Int) -> Bool {
    /// The sum of `counts`; `nil` if one is negative or the sum exceeds the number of samples.
    func sum(_ counts: [Int]) -> Int? {
      counts.reduce(0) { sum, count in
        sum.flatMap { (0...total - $0).contains(count) ? $0 + count : nil }
      }
    }
    let rows = confusion.compactMap { $0 }
    guard confusion.count == classes, curves.count == classes,
      rows.allSatisfy({ $0.count == classes }), let shown = sum(rows.flatMap { $0 }),
      sum(reliability.map(\.count)) == total
    else { return false }
    let right = visible.correct
    let addsUp =
      rows.count == classes
      ? shown == total && right == correct
      : classes - rows.count > 1 && total - shown >= min(minimum, total)
        && (0...total - shown).contains(correct - right)
    return addsUp
      && zip(curves, confusion).allSatisfy { curve, row in
        guard let curve, let row else { return curve == nil && row == nil }
        let positives = row.reduce(0, +)
        return curve.isValid && curve.positives == positives
          && curve.negatives == total - positives && (positives == 0 || positives >= minimum)
          && curve.hasSteps(ofAtLeast: minimum)
      }
      && (self.classes.map { classes in
        classes.count == curves.count
          && zip(classes, curves).allSatisfy { own, curve in
            guard let own, let curve else { return own == nil && curve == nil }
            return own.isValid(curve)
          }
      } ?? true)
      && reliability.allSatisfy { $0.isValid && $0.count >= min(minimum, total) }
      && zip(reliability, reliability.dropFirst()).allSatisfy { $0.upper <= $1.lower }
  }
}
