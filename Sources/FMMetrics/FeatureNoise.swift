import FMNumerics

/// Gaussian noise on features, to see what a model makes of it.
public enum FeatureNoise {
  /// `features` [N, D] with noise of `level` times their root mean square over all of them. What a
  /// sample gets depends on the seed and its name alone.
  /// - Parameter names: of the samples [N].
  public static func add(
    _ level: Double, to features: Matrix, names: [String], seed: UInt64
  ) -> Matrix {
    guard level > 0, !names.isEmpty else { return features }
    let squares = features.elements.reduce(0.0) { $0 + Double($1) * Double($1) }
    let deviation = level * (squares / Double(features.elements.count)).squareRoot()
    var result = features
    for (row, name) in names.enumerated() {
      var random = RandomStream(seed: seed, site: name, purpose: .noise)
      for column in 0..<features.columns {
        result[row, column] += Float(deviation * random.normal())
      }
    }
    return result
  }
}
