import FMNumerics
import Glibc

/// L_contr, the contrastive loss between images and the texts of their own labels:
///
///     S = τ z E_yᵀ [B, B]    L = (CE(S, 1..B) + CE(Sᵀ, 1..B)) / 2
///
/// The targets are 1..B even if labels repeat. E_y has only C different rows, so S is computed from
/// V = z Eᵀ [B, C]: S_ij = τ V_{i, y_j}.
package struct ContrastiveLoss {
  private var logits: [Double] = []  // S, then its gradient [B, B]
  private var exponentials: [Double] = []  // [B, B]
  private var rowSums: [Double] = []  // [B]
  private var columnSums: [Double] = []  // [B]

  package init() {}

  /// Returns the loss, and adds its gradient with respect to V to `gradient` [B, C].
  /// - Parameters:
  ///   - v: V, the cosines of images and class texts [B, C].
  ///   - y: labels [B].
  ///   - logitScale: τ.
  package mutating func evaluate(
    cosines v: Matrix, labels y: [Int], logitScale: Float, gradient: inout Matrix
  ) -> Double {
    let count = v.rows
    let scale = Double(logitScale)
    if logits.count != count * count {
      logits = [Double](repeating: 0, count: count * count)
      exponentials = logits
      rowSums = [Double](repeating: 0, count: count)
      columnSums = rowSums
    }
    for i in 0..<count {
      for j in 0..<count { logits[i * count + j] = scale * Double(v[i, y[j]]) }
    }
    // Cosines lie in ±1 and τ is at most 300 (`Manifest.Encoder`), so exp(S − τ) neither overflows
    // nor vanishes, and rows and columns can share the exponentials.
    for i in 0..<count { (rowSums[i], columnSums[i]) = (0, 0) }
    for i in 0..<count {
      for j in 0..<count {
        let value = exp(logits[i * count + j] - scale)
        exponentials[i * count + j] = value
        rowSums[i] += value
        columnSums[j] += value
      }
    }
    var loss = 0.0
    let share = 1 / Double(2 * count)
    for i in 0..<count {
      let own = logits[i * count + i] - scale
      loss += share * (log(rowSums[i]) - own + log(columnSums[i]) - own)
      for j in 0..<count {
        let softmaxes = exponentials[i * count + j] * (1 / rowSums[i] + 1 / columnSums[j])
        let slope = share * (softmaxes - (i == j ? 2 : 0))
        gradient[i, y[j]] += Float(scale * slope)
      }
    }
    return loss
  }
}
