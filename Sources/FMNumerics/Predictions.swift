/// Class probabilities [N, C] by each of a method's predictors, and after calibration.
public struct Predictions: Equatable, Sendable {
  /// The probabilities of one predictor.
  public struct Part: Equatable, Sendable {
    /// The predictor's name.
    public let predictor: String
    /// Class probabilities [N, C].
    public let probabilities: Matrix

    /// Creates a part.
    public init(_ predictor: String, _ probabilities: Matrix) {
      (self.predictor, self.probabilities) = (predictor, probabilities)
    }
  }

  /// The range of calibration temperatures.
  public static let temperatures = 0.05...20.0

  /// The predictors' probabilities, in the method's order. Predictors that need private arrays are
  /// absent at a site without them.
  public let parts: [Part]
  /// The last predictor's probabilities at the site's temperature [N, C]; `nil` if it has none.
  public var calibrated: Matrix?

  /// Creates uncalibrated predictions.
  /// - Precondition: `parts` is not empty; the last one is the method's prediction.
  public init(_ parts: [Part]) {
    precondition(!parts.isEmpty, "a method predicts with something")
    self.parts = parts
  }

  /// The method's prediction before calibration.
  public var uncalibrated: Matrix { parts[parts.count - 1].probabilities }
  /// The site's prediction: calibrated if possible.
  public var final: Matrix { calibrated ?? uncalibrated }

  /// Returns these predictions with `part` in front.
  public func preceded(by part: Part) -> Predictions {
    var result = Predictions([part] + parts)
    result.calibrated = calibrated
    return result
  }

  /// The probabilities of the named predictor; `nil` if it is absent.
  public subscript(predictor: String) -> Matrix? {
    parts.first { $0.predictor == predictor }?.probabilities
  }

  /// Returns the class with the largest probability in each row, the first one if several are
  /// equal.
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
