import FMNumerics

/// Samples with their classes.
public struct Samples: Sendable {
  /// [N, D], unnormalised.
  public let features: Matrix
  /// The class of each sample, from 0 to below C [N].
  public let labels: [Int]

  /// - Precondition: a label for each row.
  public init(_ features: Matrix, labels: [Int]) {
    precondition(features.rows == labels.count)
    (self.features, self.labels) = (features, labels)
  }

  public var count: Int { labels.count }

  /// Those whose class `isWanted`.
  package func filtered(_ isWanted: (Int) -> Bool) -> Samples {
    let indices = labels.indices.filter { isWanted(labels[$0]) }
    guard indices.count < count else { return self }
    return Samples(features.gathering(indices), labels: indices.map { labels[$0] })
  }
}
