/// Which classes a report may count, so that no number in it rests on few samples.
///
/// A class with fewer samples than a minimum is hidden. What a hidden class alone would hold could be
/// found by subtracting the other classes from the totals, so at least two are hidden, with at least the
/// minimum of samples together: the next smallest classes are hidden with them (complementary
/// suppression, as statistical offices use it). Where any class is hidden, so are those without samples:
/// else each hidden one would be known to have one.
package struct Disclosure: Equatable, Sendable {
  /// For each class, whether it may be counted.
  package let isShown: [Bool]

  /// - Parameters:
  ///   - counts: how many samples there are of each class.
  ///   - minimum: the fewest samples that a number may rest on, at least 1.
  init(counts: [Int], minimum: Int) {
    let hasSmall = counts.contains { (1..<max(minimum, 1)).contains($0) }
    var isShown = counts.map { $0 >= minimum || $0 == 0 && !hasSmall }
    var hidden = counts.indices.filter { !isShown[$0] }
    let smallest = counts.indices.filter { isShown[$0] && counts[$0] > 0 }
      .sorted { (counts[$0], $0) < (counts[$1], $1) }
    for next in smallest {
      let samples = hidden.reduce(0) { $0 + counts[$1] }
      let isEnough = hidden.filter({ counts[$0] > 0 }).count > 1 && samples >= minimum
      if hidden.isEmpty || isEnough { break }
      isShown[next] = false
      hidden.append(next)
    }
    self.isShown = isShown
  }

  /// A confusion matrix without the samples of hidden classes.
  package func visible(_ confusion: ConfusionMatrix) -> ConfusionMatrix {
    ConfusionMatrix(
      counts: zip(confusion.counts, isShown).map { row, isShown in
        isShown ? row : row.map { _ in 0 }
      })
  }

  /// Bins that hold `minimum` samples at least: each with fewer is merged with the next ones, the last
  /// with the one before it.
  package static func merged(
    _ bins: [ReliabilityTable.Bin], minimum: Int
  ) -> [ReliabilityTable.Bin] {
    var result: [ReliabilityTable.Bin] = []
    for bin in bins {
      if let last = result.last, last.count < minimum {
        result[result.count - 1] = last.merged(with: bin)
      } else {
        result.append(bin)
      }
    }
    if result.count > 1, let last = result.last, last.count < minimum {
      result.removeLast()
      result[result.count - 1] = result[result.count - 1].merged(with: last)
    }
    return result
  }
}
