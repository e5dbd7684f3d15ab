import FMBase
import FMNumerics

/// What a site adds to the shared logits in private, of features v = (u − the site's mean)/the site's scale.
/// One file for each shape.
protocol Residual: Sendable {
  static func layout(_ setting: MethodSetting) -> Layout

  /// As a state holds it.
  /// - Throws: `badData` where an array is missing or has another shape.
  init(_ tensors: [Tensor], _ setting: MethodSetting) throws(FedMedError)

  /// r(v) of each sample [N, C], v [N, D].
  func values(_ v: Matrix) -> DoubleMatrix

  func tensors() -> [Tensor]
}

/// What residuals are fitted to: samples' features v and the logits that they are added to.
struct ResidualProblem {
  /// v [N, D].
  let inputs: Matrix
  let labels: [Int]
  /// Logits [N, C], some of which may be −∞ for all samples alike.
  let offsets: DoubleMatrix

  /// Mean cross-entropy with values added to the logits.
  func crossEntropy(_ values: DoubleMatrix) -> Double {
    var logits = offsets
    for i in logits.elements.indices { logits.elements[i] += values.elements[i] }
    return logits.logLoss(labels) / Double(max(labels.count, 1))
  }
}
