import FMNumerics
import Glibc

/// L_sim, the mutual distillation of FAM and MLP, class by class over the batch:
///
///     q^(c) = softmax over the batch of V_·c / T,  p^(c) likewise of M_·c / T
///     L = 1/C Σ_c Σ_i ( ϖ q log(q/p) + (1 − ϖ) p log(p/q) )
///
/// There is no factor T². Gradients flow through q and p in both terms, but not through ϖ, the mean
/// over the batch of H(p_v) / (H(p_v) + H(p_m)) with p_v = softmax(τ V), p_m = softmax(M). This is
/// the paper's formula; the authors' code weights both directions evenly, and takes the entropies
/// of probabilities after another log-softmax.
struct MutualDistillation {
  /// T, the temperature.
  private let temperature: Double
  // Reused from step to step to avoid allocations.
  private var q: [Double] = []  // log q of a column [B]
  private var p: [Double] = []  // log p of a column [B]
  private var visual = Matrix(rows: 0, columns: 0)  // p_v [B, C]
  private var local = Matrix(rows: 0, columns: 0)  // p_m [B, C]

  init(temperature: Double) { self.temperature = temperature }

  /// Returns the loss without its factor λ, and adds λ times its gradients to `visualGradient` and
  /// `localGradient` [B, C].
  /// - Parameters:
  ///   - cosines: V = z Eᵀ [B, C], without τ.
  ///   - logits: M = MLP(z) [B, C].
  ///   - weight: ϖ.
  ///   - factor: λ.
  package mutating func evaluate(
    cosines: Matrix, logits: Matrix, weight: Double, factor: Double,
    visualGradient: inout Matrix, localGradient: inout Matrix
  ) -> Double {
    let (count, classes) = (cosines.rows, cosines.columns)
    if q.count != count {
      q = [Double](repeating: 0, count: count)
      p = q
    }
    var loss = 0.0
    let share = 1 / Double(classes)
    for c in 0..<classes {
      Self.logSoftmax(column: c, of: cosines, temperature, into: &q)
      Self.logSoftmax(column: c, of: logits, temperature, into: &p)
      var (forward, backward) = (0.0, 0.0)  // KL(q‖p), KL(p‖q)
      for i in 0..<count {
        forward += exp(q[i]) * (q[i] - p[i])
        backward += exp(p[i]) * (p[i] - q[i])
      }
      loss += share * (weight * forward + (1 - weight) * backward)
      let scale = factor * share / temperature
      for i in 0..<count {
        let (qi, pi, gap) = (exp(q[i]), exp(p[i]), q[i] - p[i])
        let dq = weight * qi * (gap - forward) + (1 - weight) * (qi - pi)
        let dp = weight * (pi - qi) + (1 - weight) * pi * (-gap - backward)
        visualGradient[i, c] += Float(scale * dq)
        localGradient[i, c] += Float(scale * dp)
      }
    }
    return loss
  }

  /// Returns ϖ of the batch.
  package mutating func weight(cosines: Matrix, logits: Matrix, logitScale: Float) -> Double {
    if visual.rows != cosines.rows { (visual, local) = (cosines, logits) }
    for i in 0..<visual.rows {
      for c in 0..<visual.columns {
        visual[i, c] = cosines[i, c] * logitScale
        local[i, c] = logits[i, c]
      }
    }
    visual.softmaxRows()
    local.softmaxRows()
    var sum = 0.0
    for i in 0..<visual.rows {
      sum += Ensemble.weight(visual: visual.row(i), local: local.row(i))
    }
    return sum / Double(visual.rows)
  }

  private static func logSoftmax(
    column c: Int, of x: Matrix, _ temperature: Double, into result: inout [Double]
  ) {
    var largest = -Double.infinity
    for i in 0..<x.rows {
      result[i] = Double(x[i, c]) / temperature
      largest = max(largest, result[i])
    }
    let normalizer = largest + log(result.reduce(0) { $0 + exp($1 - largest) })
    for i in 0..<x.rows { result[i] -= normalizer }
  }
}
