/// The classes whose counts a report may show, so that no number in it rests on few samples.
///
/// A class with fewer samples than a minimum is hidden. If only one class were hidden, its count
/// could be found by subtracting the others from the total. Therefore at least two classes are
/// hidden, with at least the minimum of samples together: the next smallest classes are hidden as
/// well (complementary suppression, as used by statistical offices). If any class is hidden,
/// classes without samples are hidden too; otherwise each hidden class would be known to have at
/// least one sample.
package struct Disclosure: Equatable, Sendable {
  /// Whether each class may be shown [C].
  package let isShown: [Bool]

  /// Chooses the classes to show.
  /// - Parameters:
  ///   - counts: the number of samples of each class [C].
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

  /// The confusion matrix without the samples of hidden classes.
  package func visible(_ confusion: ConfusionMatrix) -> ConfusionMatrix {
    ConfusionMatrix(
      counts: zip(confusion.counts, isShown).map { row, isShown in
        isShown ? row : row.map { _ in 0 }
      })
  }

  /// Merges each bin with fewer than `minimum` samples with the next ones, and the last with the
  /// one before it.
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
