import FMNumerics
import Glibc

/// The mean cross-entropy of a batch, CE(M, y).
package enum CrossEntropyLoss {
  /// Returns the loss of `logits` M [B, C], and adds its gradient to `gradient` [B, C].
  /// - Parameter labels: y [B].
  package static func evaluate(logits: Matrix, labels: [Int], gradient: inout Matrix) -> Double {
    let share = 1 / Double(logits.rows)
    var loss = 0.0
    for i in 0..<logits.rows {
      let row = logits.row(i)
      let largest = Double(row.max() ?? 0)
      let total = row.reduce(0) { $0 + exp(Double($1) - largest) }
      loss += share * (log(total) + largest - Double(logits[i, labels[i]]))
      for c in 0..<logits.columns {
        let p = exp(Double(logits[i, c]) - largest) / total
        gradient[i, c] += Float(share * (p - (c == labels[i] ? 1 : 0)))
      }
    }
    return loss
  }
}
