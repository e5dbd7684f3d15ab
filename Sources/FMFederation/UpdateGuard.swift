import FMBase

/// Detection of outliers among updates.
///
/// The distance of an update is the lower median of its distances to the others, which a few
/// distant updates do not shift as they would a mean. An outlier can be detected among three
/// updates, but not among two.
enum UpdateGuard {
  /// The distance of each update.
  static func distances(_ updates: UpdateCollection) -> [Double] {
    let squares = updates.squaredDistances()
    return squares.indices.map { i in
      let others = squares.indices.filter { $0 != i }.map { squares[i][$0].squareRoot() }.sorted()
      return others.isEmpty ? 0 : others[(others.count - 1) / 2]
    }
  }

  /// The lower median of `distances`; 0 without updates.
  package static func median(_ distances: [Double]) -> Double {
    distances.isEmpty ? 0 : distances.sorted()[(distances.count - 1) / 2]
  }

  /// The ratio of a distance to the median, as text.
  package static func ratio(_ distance: Double, _ median: Double) -> String {
    distance < 1e6 * median ? JSON.rounded(distance / median, places: 1).line : "a million"
  }
}
