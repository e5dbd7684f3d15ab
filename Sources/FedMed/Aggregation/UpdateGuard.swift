/// Tells updates that are far off from the others.
///
/// How far an update is off is the median of its distances to the others: a few that are far away do
/// not move it, as they would a mean.
enum UpdateGuard {
  static func distances(_ updates: UpdateCollection) -> [Double] {
    let squares = updates.squaredDistances()
    return squares.indices.map { i in
      var others = squares.indices.filter { $0 != i }.map { Float(squares[i][$0].squareRoot()) }
      return others.isEmpty ? 0 : median(&others)
    }
  }

  /// That of the update in the middle.
  static func middle(_ distances: [Double]) -> Double {
    var values = distances.map { Float($0) }
    return values.isEmpty ? 0 : median(&values)
  }

  static func times(_ distance: Double, _ middle: Double) -> String {
    middle > 0 ? JSON.rounded(distance / middle, places: 1).line : "infinitely many"
  }
}
