import FMNumerics

/// The text features of the classes, which are the same at every site.
public struct ClassTexts: Sendable {
  /// t_c = e_T / ‖e_T‖ [C, D], one class per row.
  public let directions: Matrix
  /// τ, the factor from cosines to logits.
  public let logitScale: Float

  /// Normalizes text features.
  /// - Parameters:
  ///   - features: the encoder's text features [C, D], unnormalized.
  ///   - logitScale: τ.
  public init(features: Matrix, logitScale: Double) {
    directions = features.normalizedRows()
    self.logitScale = Float(logitScale)
  }
}
