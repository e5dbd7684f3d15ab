import FMNumerics
import Glibc

/// How ϖ, the weight of the MLP in the ensemble and in the distillation, is computed.
enum Mixture: Sendable {
  /// H(p_v) / (H(p_v) + H(p_m)), as in the paper.
  case entropy
  /// ½.
  case even
}

/// The joint prediction of FAM and MLP: p = ϖ p_m + (1 − ϖ) p_v.
enum Ensemble {
  /// The number of samples predicted at a time. It is fixed so that a sample's result does not
  /// depend on the available memory.
  package static let batch = 256

  /// Predicts each row of `features` [N, D].
  /// - Parameters:
  ///   - mlp: `nil` if the site has no classifier; the ensemble is then FAM alone.
  /// - Returns: probabilities [N, C]; `mlp` is `nil` if there is no classifier.
  package static func predict(
    _ features: Matrix, fam: FeatureAdaptation, mlp: LocalClassifier?, texts: ClassTexts,
    mixture: Mixture = .entropy
  ) -> (fam: Matrix, mlp: Matrix?, ensemble: Matrix) {
    var (fam, mlp) = (fam, mlp)
    let classes = texts.directions.rows
    var result: [[Float]] = [[], [], []]
    for start in stride(from: 0, to: features.rows, by: batch) {
      let x = features.gathering(start..<min(start + batch, features.rows))
      fam.evaluate(x)
      var visual = Matrix(rows: x.rows, columns: classes)
      visual.product(fam.adapted, transposing: texts.directions)
      visual.scale(by: texts.logitScale)
      visual.softmaxRows()
      result[0] += visual.elements
      guard mlp != nil else { continue }
      mlp?.evaluate(fam.adapted)
      guard var local = mlp?.logits else { continue }
      local.softmaxRows()
      result[1] += local.elements
      for row in 0..<visual.rows {
        let weight =
          mixture == .even ? 0.5 : weight(visual: visual.row(row), local: local.row(row))
        for c in 0..<classes {
          visual[row, c] = Float(
            weight * Double(local[row, c]) + (1 - weight) * Double(visual[row, c]))
        }
      }
      result[2] += visual.elements
    }
    func matrix(_ values: [Float]) -> Matrix {
      Matrix(rows: features.rows, columns: classes, elements: values)
    }
    let visual = matrix(result[0])
    return (visual, mlp.map { _ in matrix(result[1]) }, mlp == nil ? visual : matrix(result[2]))
  }

  /// ϖ of one sample: FAM's share of the two entropies.
  package static func weight(visual: ArraySlice<Float>, local: ArraySlice<Float>) -> Double {
    let hv = entropy(visual)
    return hv / (hv + entropy(local) + 1e-12)
  }

  /// The entropy H(p) = −Σ p log max(p, 1e-12).
  static func entropy(_ p: ArraySlice<Float>) -> Double {
    -p.reduce(0) { $0 + Double($1) * log(max(Double($1), 1e-12)) }
  }
}
