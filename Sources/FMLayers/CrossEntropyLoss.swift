import FMNumerics
import Glibc

/// L_MLP = CE(M, y), the mean over the batch.
package enum CrossEntropyLoss {
  /// The loss of `logits` M [B, C]; its gradient is added to `gradient` [B, C].
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
