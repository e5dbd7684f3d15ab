import FMNumerics

/// The text features of the classes, which are the same at every site.
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
