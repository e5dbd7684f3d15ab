import FMNumerics

/// Samples with their classes.
public struct Samples: Sendable {
  /// The features [N, D], unnormalized.
  public let features: Matrix
  /// The class of each sample [N], from 0 to C − 1.
  public let labels: [Int]

  /// Combines features and labels.
  /// - Precondition: there is a label for each row.
  public init(_ features: Matrix, labels: [Int]) {
    precondition(features.rows == labels.count)
    (self.features, self.labels) = (features, labels)
  }

  /// N, the number of samples.
  public var count: Int { labels.count }

  /// Returns the samples whose class `isIncluded` accepts.
  package func filtered(_ isIncluded: (Int) -> Bool) -> Samples {
    let indices = labels.indices.filter { isIncluded(labels[$0]) }
    guard indices.count < count else { return self }
    return Samples(features.gathering(indices), labels: indices.map { labels[$0] })
  }
}
