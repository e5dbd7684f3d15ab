import FMBase
import FMNumerics

/// A site's private addition to the shared logits, computed from v = (u − the site's mean)/the
/// site's scale. Each shape has a file of its own.
protocol Residual: Sendable {
  /// The arrays of a residual in a state archive.
  static func layout(_ setting: MethodSetting) -> Layout

  /// Reads a residual from a state archive.
  /// - Throws: `badData` if an array is missing or has another shape.
  init(_ tensors: [Tensor], _ setting: MethodSetting) throws(FedMedError)

  /// Computes r(v) [N, C] for v [N, D].
  func values(_ v: Matrix) -> DoubleMatrix

  /// The arrays for a state archive.
  func tensors() -> [Tensor]
}

/// The data that residuals are fitted to: features v, labels, and the logits that r(v) is added to.
struct ResidualProblem {
  /// v [N, D].
  let inputs: Matrix
  /// The class of each sample [N].
  let labels: [Int]
  /// Logits [N, C]; those of a class are −∞ for all samples or for none.
  let offsets: DoubleMatrix

  /// The mean cross-entropy with `values` [N, C] added to the logits.
  func crossEntropy(_ values: DoubleMatrix) -> Double {
    var logits = offsets
    for i in logits.elements.indices { logits.elements[i] += values.elements[i] }
    return logits.logLoss(labels) / Double(max(labels.count, 1))
  }
}
