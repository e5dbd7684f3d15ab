import FMBase
import FMNumerics
import Glibc

/// Predicted class probabilities with the true classes, from which every score is computed.
public struct LabeledProbabilities: Sendable {
  /// C, the number of classes.
  public let classes: Int
  /// The probabilities [N, C], in row-major order.
  public let values: [Double]
  /// The true class of each sample [N], 0..<C.
  public let labels: [Int]

  /// N, the number of samples.
  public var count: Int { labels.count }

  /// The allowed deviation of a sample's probabilities from a sum of 1, for rounding errors.
  static let tolerance = 1e-3

  /// Checks and stores probabilities.
  /// - Parameters:
  ///   - classes: C, the number of classes.
  ///   - values: the probabilities [N, C], in row-major order.
  ///   - labels: the true class of each sample [N].
  ///   - file: the file name in messages.
  /// - Throws: `badData` with the sample if a value is not a probability, a row does not sum to 1
  ///   or a label is out of range; `badData` if there are no samples.
  public init(
    classes: Int, values: [Double], labels: [Int], file: String
  ) throws(FedMedError) {
    precondition(values.count == labels.count * classes)
    guard !labels.isEmpty else { throw FedMedError(.badData, "no samples", file: file) }
    for (sample, label) in labels.enumerated() {
      func fault(_ reason: String) -> FedMedError {
        FedMedError(.badData, reason, file: file, place: "sample \(sample + 1)")
      }
      guard (0..<classes).contains(label) else {
        throw fault("label \(label), must be between 0 and \(classes - 1)")
      }
      var sum = 0.0
      for value in values[sample * classes..<(sample + 1) * classes] {
        guard value >= 0 && value <= 1 + Self.tolerance else {
          throw fault("\(value) is not a probability")
        }
        sum += value
      }
      guard (sum - 1).magnitude <= Self.tolerance else {
        throw fault("the probabilities sum to \((sum * 1e6).rounded() / 1e6), expected 1")
      }
    }
    self.classes = classes
    self.values = values
    self.labels = labels
  }

  /// Checks and stores probabilities [N, C].
  /// - Throws: `badData` as the other initializer.
  public init(_ matrix: Matrix, labels: [Int], file: String) throws(FedMedError) {
    try self.init(
      classes: matrix.columns, values: matrix.elements.map { Double($0) }, labels: labels,
      file: file)
  }

  /// The samples at `rows`, in that order; rows may repeat.
  package func gathering(_ rows: [Int]) -> LabeledProbabilities {
    LabeledProbabilities(self, rows)
  }

  private init(_ all: LabeledProbabilities, _ rows: [Int]) {
    classes = all.classes
    labels = rows.map { all.labels[$0] }
    var values: [Double] = []
    values.reserveCapacity(rows.count * classes)
    for row in rows { values += all.values[row * classes..<(row + 1) * classes] }
    self.values = values
  }

  /// The predicted class of each sample, the first one with the largest probability, and that
  /// probability.
  var decisions: [(class: Int, confidence: Double)] {
    (0..<count).map { row in
      var best = row * classes
      for index in row * classes..<(row + 1) * classes where values[index] > values[best] {
        best = index
      }
      return (best - row * classes, values[best])
    }
  }

  /// The confusion matrix.
  public var confusion: ConfusionMatrix {
    ConfusionMatrix(truth: labels, predicted: decisions.map(\.class), classes: classes)
  }

  /// The log loss, −mean log p of the true class, with p clipped to ε…1 − ε for the machine epsilon
  /// ε, as in scikit-learn.
  public var logLoss: Double {
    let smallest = Double.ulpOfOne
    let sum = labels.indices.reduce(0.0) { sum, row in
      let p = values[row * classes + labels[row]]
      return sum - log(min(max(p, smallest), 1 - smallest))
    }
    return sum / Double(count)
  }

  /// The Brier score, the mean over samples of Σ_c (p_c − [c is true])²: 0 at best, 2 at worst.
  public var brier: Double {
    var sum = 0.0
    for row in labels.indices {
      for c in 0..<classes {
        let gap = values[row * classes + c] - (labels[row] == c ? 1 : 0)
        sum += gap * gap
      }
    }
    return sum / Double(count)
  }
}
