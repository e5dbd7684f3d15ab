import FMBase

/// Tells updates that are far off from the others.
///
/// How far an update is off is the median of its distances to the others, the lower one of an even
/// number: a few that are far away do not move it, as they would a mean. Of three updates one that is far
/// off stands out, of two none.
enum UpdateGuard {
  static func distances(_ updates: UpdateCollection) -> [Double] {
    let squares = updates.squaredDistances()
    return squares.indices.map { i in
      let others = squares.indices.filter { $0 != i }.map { squares[i][$0].squareRoot() }.sorted()
      return others.isEmpty ? 0 : others[(others.count - 1) / 2]
    }
  }

  /// That of the update in the middle.
  package static func middle(_ distances: [Double]) -> Double {
    distances.isEmpty ? 0 : distances.sorted()[(distances.count - 1) / 2]
  }

  package static func times(_ distance: Double, _ middle: Double) -> String {
    distance < 1e6 * middle ? JSON.rounded(distance / middle, places: 1).line : "a million"
  }
}
