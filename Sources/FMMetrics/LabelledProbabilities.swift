import FMBase
import FMNumerics
import Glibc

/// Predicted class probabilities with the true classes: what every score is made of.
public struct LabelledProbabilities: Sendable {
  public let classes: Int
  /// [N, C], row after row.
  public let values: [Double]
  /// 0..<C for each sample.
  public let labels: [Int]

  public var count: Int { labels.count }

  /// How far a sample's probabilities may be from summing to 1: as far as rounding takes them.
  static let tolerance = 1e-3

  /// - Parameter file: what messages call it.
  /// - Throws: `badData` with the sample where probabilities are none, or a label is none of the
  ///   classes; and where there are no samples.
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
        throw fault("label \(label), there are \(classes) classes")
      }
      var sum = 0.0
      for value in values[sample * classes..<(sample + 1) * classes] {
        guard value >= 0 && value <= 1 + Self.tolerance else {
          throw fault("\(value) is no probability")
        }
        sum += value
      }
      guard (sum - 1).magnitude <= Self.tolerance else {
        throw fault("the probabilities sum to \((sum * 1e6).rounded() / 1e6)")
      }
    }
    self.classes = classes
    self.values = values
    self.labels = labels
  }

  /// Probabilities [N, C] of ours.
  public init(_ matrix: Matrix, labels: [Int], file: String) throws(FedMedError) {
    try self.init(
      classes: matrix.columns, values: matrix.elements.map { Double($0) }, labels: labels,
      file: file)
  }

  /// The samples in `rows`, in that order, some more than once.
  package func gathering(_ rows: [Int]) -> LabelledProbabilities {
    LabelledProbabilities(self, rows)
  }

  private init(_ all: LabelledProbabilities, _ rows: [Int]) {
    classes = all.classes
    labels = rows.map { all.labels[$0] }
    var values: [Double] = []
    values.reserveCapacity(rows.count * classes)
    for row in rows { values += all.values[row * classes..<(row + 1) * classes] }
    self.values = values
  }

  /// The class of the largest probability of each sample, the first one where several are largest,
  /// and that probability.
  var decisions: [(class: Int, confidence: Double)] {
    (0..<count).map { row in
      var best = row * classes
      for index in row * classes..<(row + 1) * classes where values[index] > values[best] {
        best = index
      }
      return (best - row * classes, values[best])
    }
  }

  public var confusion: ConfusionMatrix {
    ConfusionMatrix(truth: labels, predicted: decisions.map(\.class), classes: classes)
  }

  /// −mean log p of the true class, with p no smaller than the spacing of numbers at 1, as
  /// scikit-learn has it.
  public var logLoss: Double {
    let smallest = Double.ulpOfOne
    let sum = labels.indices.reduce(0.0) { sum, row in
      let p = values[row * classes + labels[row]]
      return sum - log(min(max(p, smallest), 1 - smallest))
    }
    return sum / Double(count)
  }

  /// The mean over samples of Σ_c (p_c − [c is true])²: 0 at best, 2 at worst.
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
