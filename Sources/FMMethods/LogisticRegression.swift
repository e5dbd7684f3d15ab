import FMBase
import FMNumerics
import Glibc

/// Multinomial logistic regression with an L2 penalty, in double precision: the minimum over V [C,
/// D] and a [C] of
///
///     mean over samples of CE(o + V v + a, y) + (ρ/2) ‖V‖²
///
/// with offsets o for each sample, such as another model's logits. The intercepts a are not
/// penalised. The problem is convex; L-BFGS solves it to a gradient norm of 1e-6.
package struct LogisticRegression {
  /// Fitted parameters.
  package struct Fit: Equatable, Sendable {
    /// V [C, D].
    package var weight: DoubleMatrix
    /// a [C].
    package var bias: [Double]

    /// Creates parameters that are all 0.
    package init(classes: Int, dimension: Int) {
      weight = DoubleMatrix(rows: classes, columns: dimension)
      bias = [Double](repeating: 0, count: classes)
    }
  }

  /// The candidates for ρ, for features of unit scale; largest first, because each fit starts from
  /// the previous one.
  package static let penalties = [3, 1, 0.3, 0.1, 0.03, 0.01]

  /// The number of values converted to double precision at a time: 32 MB.
  private static let room = 1 << 22
  private static let tolerance = 1e-6
  private static let iterations = 1000

  /// v [N, D].
  private let inputs: Matrix
  private let labels: [Int]
  /// o [N, C]; `nil` for zero.
  private let offsets: DoubleMatrix?
  private let classes: Int
  /// The number of samples processed at a time.
  private let block: Int
  private var wide: DoubleMatrix
  private var logits: DoubleMatrix

  /// Prepares a regression.
  /// - Parameters:
  ///   - inputs: v [N, D].
  ///   - offsets: o [N, C]; `nil` for zero.
  /// - Precondition: there is at least one sample, with a label below `classes` for each.
  package init(_ inputs: Matrix, labels: [Int], classes: Int, offsets: DoubleMatrix? = nil) {
    precondition(inputs.rows == labels.count && !labels.isEmpty)
    (self.inputs, self.labels, self.classes, self.offsets) = (inputs, labels, classes, offsets)
    block = min(max(Self.room / max(inputs.columns, 1), 1), inputs.rows)
    wide = DoubleMatrix(rows: block, columns: inputs.columns)
    logits = DoubleMatrix(rows: block, columns: classes)
    wide.widen(inputs, from: 0, rows: block)
  }

  /// Fits V and a, starting from `start`.
  /// - Parameter penalty: ρ, above 0.
  package mutating func fit(penalty: Double, from start: Fit) -> Fit {
    let size = start.weight.elements.count
    var point = start.weight.elements + start.bias
    var (weight, change) = (start.weight, start.weight)
    LBFGS.minimize(&point, tolerance: Self.tolerance, iterations: Self.iterations) {
      point, gradient in
      weight.elements.replaceSubrange(0..<size, with: point[..<size])
      let bias = Array(point[size...])
      var biasChange = [Double](repeating: 0, count: bias.count)
      change.fill(0)
      var loss = crossEntropy(weight, bias, change: &change, biasChange: &biasChange)
      for i in 0..<size {
        loss += penalty / 2 * point[i] * point[i]
        gradient[i] = change.elements[i] + penalty * point[i]
      }
      for c in bias.indices { gradient[size + c] = biasChange[c] }
      return loss
    }
    var fit = start
    fit.weight.elements.replaceSubrange(0..<size, with: point[..<size])
    fit.bias = Array(point[size...])
    return fit
  }

  /// The mean cross-entropy of a fit on these samples.
  package mutating func crossEntropy(_ fit: Fit) -> Double {
    var (change, biasChange) = (DoubleMatrix(rows: 0, columns: 0), [Double]())
    return crossEntropy(fit.weight, fit.bias, change: &change, biasChange: &biasChange)
  }

  /// Returns the mean cross-entropy, and adds its gradients to `change` [C, D] and `biasChange`
  /// [C], unless these are empty.
  private mutating func crossEntropy(
    _ weight: DoubleMatrix, _ bias: [Double], change: inout DoubleMatrix,
    biasChange: inout [Double]
  ) -> Double {
    let share = 1 / Double(labels.count)
    var loss = 0.0
    for start in stride(from: 0, to: labels.count, by: block) {
      let count = min(block, labels.count - start)
      // If all samples fit in one block, it was filled once, in `init`.
      if block < labels.count { wide.widen(inputs, from: start, rows: count) }
      logits.product(wide, transposing: weight, rows: count)
      for row in 0..<count {
        for c in 0..<classes { logits[row, c] += bias[c] + (offsets?[start + row, c] ?? 0) }
        loss +=
          share * logits.replaceByResiduals(row: row, label: labels[start + row], share: share)
      }
      guard !biasChange.isEmpty else { continue }
      change.addProduct(transposing: logits, wide, rows: count)
      for row in 0..<count {
        for c in 0..<classes { biasChange[c] += logits[row, c] }
      }
    }
    return loss
  }
}

extension LogisticRegression {
  /// Returns the fit whose penalty gives the lowest cross-entropy on validation samples. Each fit
  /// starts from the previous one.
  /// - Parameters:
  ///   - validation: the same problem on other samples.
  ///   - least: the bound that the cross-entropy must be below.
  /// - Returns: `nil` if no fit is below the bound.
  package mutating func fit(
    validation: inout LogisticRegression, below least: Double = .infinity
  ) -> Fit? {
    var current = Fit(classes: classes, dimension: inputs.columns)
    var (best, least): (Fit?, Double) = (nil, least)
    for penalty in Self.penalties {
      current = fit(penalty: penalty, from: current)
      let loss = validation.crossEntropy(current)
      if loss < least { (best, least) = (current, loss) }
    }
    return best
  }
}

extension DoubleMatrix {
  mutating func fill(_ value: Double) {
    for i in elements.indices { elements[i] = value }
  }

  /// Copies `rows` rows of a matrix, from `start` on, to the first rows of this one.
  fileprivate mutating func widen(_ source: Matrix, from start: Int, rows: Int) {
    precondition(source.columns == columns && rows <= self.rows)
    let offset = start * columns
    source.withElements { source in
      for i in 0..<rows * columns { elements[i] = Double(source[offset + i]) }
    }
  }

  /// Replaces the logits in a row by (softmax − [c = label]) · share.
  /// - Returns: the cross-entropy; logits of −∞ have probability 0.
  fileprivate mutating func replaceByResiduals(row: Int, label: Int, share: Double) -> Double {
    let range = row * columns..<(row + 1) * columns
    let own = elements[range.lowerBound + label]
    let largest = elements[range].max() ?? 0
    var total = 0.0
    for i in range {
      elements[i] = exp(elements[i] - largest)
      total += elements[i]
    }
    for i in range { elements[i] *= share / total }
    elements[range.lowerBound + label] -= share
    return log(total) + largest - own
  }
}
