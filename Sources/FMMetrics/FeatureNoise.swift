import FMNumerics

/// Gaussian noise on features, to measure how robust a model is.
public enum FeatureNoise {
  /// Adds noise to `features` [N, D]. Its standard deviation is `level` times the root mean square
  /// of all features. The noise of a sample depends only on the seed and the sample's name.
  /// - Parameters:
  ///   - level: the factor; 0 leaves the features unchanged.
  ///   - features: the features [N, D].
  ///   - names: the sample names [N].
  ///   - seed: the seed of the random numbers.
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
