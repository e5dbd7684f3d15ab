/// A confusion matrix and the scores derived from it.
///
/// The scores follow scikit-learn: macro averages run over the classes that occur as truth or as
/// prediction, a division by zero counts as 0, and balanced accuracy is the mean recall over the
/// classes that occur as truth. All except κ and Matthews' coefficient are between 0 and 1. Shares
/// and averages over no samples are NaN.
public struct ConfusionMatrix: Equatable, Sendable {
  /// Counts by [true class][predicted class].
  public private(set) var counts: [[Int]]

  /// Counts pairs of true and predicted classes [N], each 0..<`classes`.
  public init(truth: [Int], predicted: [Int], classes: Int) {
    counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (t, p) in zip(truth, predicted) { counts[t][p] += 1 }
  }

  /// Creates a matrix from its counts.
  /// - Parameter counts: a square matrix [true class][predicted class].
  public init(counts: [[Int]]) { self.counts = counts }

  /// The number of samples.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  /// The number of correct predictions.
  public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

  /// The share of correct predictions.
  public var accuracy: Double { Double(correct) / Double(total) }
  /// The mean recall over the classes that occur as truth.
  public var balancedAccuracy: Double {
    mean(counts.indices.filter { truths($0) > 0 }.map(recall))
  }
  /// The mean precision over the classes.
  public var macroPrecision: Double { mean(occurring.map(precision)) }
  /// The mean recall over the classes.
  public var macroRecall: Double { mean(occurring.map(recall)) }
  /// The mean F1 score over the classes.
  public var macroF1: Double { mean(occurring.map(f1)) }
  /// The mean specificity over the classes, except a class that includes all samples.
  public var macroSpecificity: Double {
    mean(occurring.filter { truths($0) < total }.map(specificity))
  }

  /// Cohen's κ, agreement beyond chance, −1…1; NaN if chance agreement is already 1.
  public var kappa: Double {
    let n = Double(total)
    let chance = counts.indices.reduce(0.0) {
      $0 + Double(truths($1)) / n * (Double(predictions($1)) / n)
    }
    return (accuracy - chance) / (1 - chance)
  }

  /// Matthews' correlation coefficient for any number of classes, −1…1 (Gorodkin 2004); 0 if truth
  /// or prediction is a single class.
  public var matthews: Double {
    let n = Double(total)
    let (t, p) = (
      counts.indices.map { Double(truths($0)) }, counts.indices.map { Double(predictions($0)) }
    )
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let scale = ((n * n - dot(p, p)) * (n * n - dot(t, t))).squareRoot()
    return scale == 0 ? 0 : (Double(correct) * n - dot(t, p)) / scale
  }

  /// The share of predictions of class `c` that are correct; 0 without predictions.
  public func precision(_ c: Int) -> Double { ratio(counts[c][c], predictions(c)) }
  /// The harmonic mean of precision and recall of class `c`.
  public func f1(_ c: Int) -> Double { ratio(2 * counts[c][c], truths(c) + predictions(c)) }
  /// The share of samples of other classes that are not predicted as class `c`.
  public func specificity(_ c: Int) -> Double {
    ratio(total - truths(c) - predictions(c) + counts[c][c], total - truths(c))
  }
  /// The share of samples of class `c` that are predicted as such; 0 without samples.
  public func recall(_ c: Int) -> Double { ratio(counts[c][c], truths(c)) }

  /// All scores derived from the counts.
  public var values: [Score: Double] {
    [
      .accuracy: accuracy, .balancedAccuracy: balancedAccuracy, .macroF1: macroF1,
      .macroPrecision: macroPrecision, .macroRecall: macroRecall,
      .macroSpecificity: macroSpecificity, .cohenKappa: kappa, .matthews: matthews,
    ]
  }

  private var occurring: [Int] {
    counts.indices.filter { truths($0) > 0 || predictions($0) > 0 }
  }
  /// The number of samples of class `c`.
  public func truths(_ c: Int) -> Int { counts[c].reduce(0, +) }
  private func predictions(_ c: Int) -> Int { counts.reduce(0) { $0 + $1[c] } }
  private func ratio(_ a: Int, _ b: Int) -> Double { b == 0 ? 0 : Double(a) / Double(b) }
  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
