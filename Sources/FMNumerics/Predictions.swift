/// Class probabilities [N, C] of each of a method's predictors, and of the calibrated one.
public struct Predictions: Equatable, Sendable {
  /// What one predictor predicts.
  public struct Part: Equatable, Sendable {
    public let predictor: String
    public let probabilities: Matrix

    public init(_ predictor: String, _ probabilities: Matrix) {
      (self.predictor, self.probabilities) = (predictor, probabilities)
    }
  }

  /// What a temperature of calibration can be.
  public static let temperatures = 0.05...20.0

  /// In the order of the method's predictors. A site without private parts lacks those that need them.
  public let parts: [Part]
  /// The last predictor's at the temperature of the site, where it has one.
  public var calibrated: Matrix?

  /// - Precondition: at least one part; the last one is what the method predicts with.
  public init(_ parts: [Part]) {
    precondition(!parts.isEmpty, "a method predicts with something")
    self.parts = parts
  }

  /// What the method predicts with, uncalibrated.
  public var uncalibrated: Matrix { parts[parts.count - 1].probabilities }
  /// What the site predicts with.
  public var final: Matrix { calibrated ?? uncalibrated }

  /// The same with another part before them.
  public func preceded(by part: Part) -> Predictions {
    var result = Predictions([part] + parts)
    result.calibrated = calibrated
    return result
  }

  public subscript(predictor: String) -> Matrix? {
    parts.first { $0.predictor == predictor }?.probabilities
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
