/// How often each class was taken for each other, and the scores that follow from that alone.
///
/// The scores are scikit-learn's: macro means run over the classes that occur as truth or as
/// prediction, a division by zero counts as 0, and balanced accuracy is the mean recall over the
/// classes that occur as truth. All are between 0 and 1; without samples they are NaN.
public struct ConfusionMatrix: Equatable, Sendable {
  /// [true][predicted].
  public private(set) var counts: [[Int]]

  public init(truth: [Int], predicted: [Int], classes: Int) {
    counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (t, p) in zip(truth, predicted) { counts[t][p] += 1 }
  }

  /// - Parameter counts: [true][predicted], as many rows as columns.
  public init(counts: [[Int]]) { self.counts = counts }

  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

  public var accuracy: Double { Double(correct) / Double(total) }
  public var balancedAccuracy: Double {
    mean(counts.indices.filter { truths($0) > 0 }.map(recall))
  }
  public var macroPrecision: Double { mean(occurring.map(precision)) }
  public var macroRecall: Double { mean(occurring.map(recall)) }
  public var macroF1: Double { mean(occurring.map(f1)) }
  public var macroSpecificity: Double {
    mean(occurring.filter { truths($0) < total }.map(specificity))
  }

  /// Cohen's κ: agreement beyond what the frequencies alone would give; NaN where those leave no
  /// room for any.
  public var kappa: Double {
    let n = Double(total)
    let chance = counts.indices.reduce(0.0) {
      $0 + Double(truths($1)) / n * (Double(predictions($1)) / n)
    }
    return (accuracy - chance) / (1 - chance)
  }

  /// Matthews' correlation coefficient for any number of classes (Gorodkin 2004); 0 where truth or
  /// prediction is one class alone.
  public var matthews: Double {
    let n = Double(total)
    let (t, p) = (
      counts.indices.map { Double(truths($0)) }, counts.indices.map { Double(predictions($0)) }
    )
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let scale = ((n * n - dot(p, p)) * (n * n - dot(t, t))).squareRoot()
    return scale == 0 ? 0 : (Double(correct) * n - dot(t, p)) / scale
  }

  public func precision(_ c: Int) -> Double { ratio(counts[c][c], predictions(c)) }
  public func f1(_ c: Int) -> Double { ratio(2 * counts[c][c], truths(c) + predictions(c)) }
  /// The share of the others that are not taken for class `c`.
  public func specificity(_ c: Int) -> Double {
    ratio(total - truths(c) - predictions(c) + counts[c][c], total - truths(c))
  }
  public func recall(_ c: Int) -> Double { ratio(counts[c][c], truths(c)) }

  /// The scores that follow from the counts.
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
  /// How many samples are of class `c`.
  public func truths(_ c: Int) -> Int { counts[c].reduce(0, +) }
  private func predictions(_ c: Int) -> Int { counts.reduce(0) { $0 + $1[c] } }
  private func ratio(_ a: Int, _ b: Int) -> Double { b == 0 ? 0 : Double(a) / Double(b) }
  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
