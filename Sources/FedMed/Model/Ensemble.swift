import Glibc

/// The class texts as FAM's classifier sees them.
public struct ClassTexts: Sendable {
  /// t_c = e_T / ‖e_T‖, one class a row [C, D].
  public let directions: Matrix
  /// τ, the factor between a cosine and a logit.
  public let logitScale: Float

  /// - Parameter features: the encoder's text features [C, D], unnormalised.
  public init(features: Matrix, logitScale: Double) {
    directions = features.normalizedRows()
    self.logitScale = Float(logitScale)
  }
}

/// Class probabilities [N, C] of FAM, of the MLP where there is one, and of both together.
public struct Predictions: Equatable, Sendable {
  public var fam: Matrix
  public var mlp: Matrix?
  public var ensemble: Matrix
  /// The ensemble at the temperature of its site, where it has one.
  public var calibrated: Matrix?

  /// What the site predicts with.
  public var final: Matrix { calibrated ?? ensemble }

  public subscript(predictor: Report.Predictor) -> Matrix? {
    switch predictor {
    case .fam: fam
    case .mlp: mlp
    case .ensemble: ensemble
    case .calibrated: calibrated
    }
  }

  /// The class of the largest probability in each row, the first one where several are largest.
  public static func classes(_ probabilities: Matrix) -> [Int] {
    (0..<probabilities.rows).map { row in
      var best = 0
      for c in 1..<max(probabilities.columns, 1)
      where probabilities[row, c] > probabilities[row, best] {
        best = c
      }
      return best
    }
  }
}

/// How FAM and MLP predict together: p = ϖ p_m + (1 − ϖ) p_v, ϖ = H(p_v) / (H(p_v) + H(p_m)).
public enum Ensemble {
  /// How many samples are predicted at a time: fixed, so that a sample's bits do not depend on
  /// how much memory there is.
  static let batch = 256

  /// Predicts each row of `features` [N, D]; without an MLP the ensemble is FAM alone.
  /// - Parameter temperature: that of the calibrated ensemble, where there is one.
  public static func predict(
    _ features: Matrix, fam: FeatureAdaptation, mlp: LocalClassifier?, texts: ClassTexts,
    temperature: Double? = nil
  ) -> Predictions {
    var (fam, mlp) = (fam, mlp)
    let classes = texts.directions.rows
    var result: [[Float]] = [[], [], []]
    for start in stride(from: 0, to: features.rows, by: batch) {
      let x = features.gathering(start..<min(start + batch, features.rows))
      fam.evaluate(x)
      var visual = Matrix(rows: x.rows, columns: classes)
      visual.product(fam.adapted, transposing: texts.directions)
      for row in 0..<visual.rows {
        for c in 0..<classes { visual[row, c] *= texts.logitScale }
      }
      visual.softmaxRows()
      result[0] += visual.elements
      guard mlp != nil else { continue }
      mlp?.evaluate(fam.adapted)
      guard var local = mlp?.logits else { continue }
      local.softmaxRows()
      result[1] += local.elements
      for row in 0..<visual.rows {
        let weight = weight(visual: visual.row(row), local: local.row(row))
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
    let ensemble = mlp == nil ? visual : matrix(result[2])
    return Predictions(
      fam: visual, mlp: mlp.map { _ in matrix(result[1]) }, ensemble: ensemble,
      calibrated: temperature.map { TemperatureScaling.apply($0, to: ensemble) })
  }

  /// ϖ of one sample: the share of FAM's entropy, which is the weight of the MLP.
  static func weight(visual: ArraySlice<Float>, local: ArraySlice<Float>) -> Double {
    let hv = entropy(visual)
    return hv / (hv + entropy(local) + 1e-12)
  }

  /// H(p) = −Σ p log max(p, 1e-12).
  static func entropy(_ p: ArraySlice<Float>) -> Double {
    -p.reduce(0) { $0 + Double($1) * log(max(Double($1), 1e-12)) }
  }
}
