/// Byte-pair encoding: neighboring symbols are merged pair by pair, the pair of the lowest rank first,
/// from left to right (Sennrich, Haddow and Birch, 2016).
struct PairMerging: Sendable {
  /// The rank of a pair, and the symbol that it becomes.
  private let merges: [Pair: (rank: Int, symbol: Int)]

  private struct Pair: Hashable {
    let left, right: Int
  }

  /// Creates the merges.
  /// - Parameter merges: left symbol, right symbol and result, in the order of their ranks.
  init(_ merges: [(left: Int, right: Int, result: Int)]) {
    self.merges = Dictionary(
      merges.enumerated().map {
        (Pair(left: $1.left, right: $1.right), (rank: $0, symbol: $1.result))
      }, uniquingKeysWith: { $1 })
  }

  /// Returns the symbols that remain when no pair can be merged any more; takes O(n log n) steps.
  func merged(_ symbols: [Int]) -> [Int] {
    // A list with links, because symbols vanish in the middle.
    var symbols: [Int?] = symbols
    var next = Array(1..<symbols.count + 1)
    var previous = Array(-1..<symbols.count - 1)
    var queue = Heap()
    func offer(_ left: Int) {
      guard left >= 0, next[left] < symbols.count, let a = symbols[left],
        let b = symbols[next[left]], let merge = merges[Pair(left: a, right: b)]
      else { return }
      queue.insert(Candidate(rank: merge.rank, place: left, left: a, right: b))
    }
    for place in symbols.indices { offer(place) }
    while let best = queue.popFirst() {
      let right = next[best.place]
      // Skip pairs of which a part has been merged since.
      guard symbols[best.place] == best.left, right < symbols.count, symbols[right] == best.right,
        let merge = merges[Pair(left: best.left, right: best.right)]
      else { continue }
      symbols[best.place] = merge.symbol
      symbols[right] = nil
      next[best.place] = next[right]
      if next[right] < symbols.count { previous[next[right]] = best.place }
      offer(previous[best.place])
      offer(best.place)
    }
    return symbols.compactMap { $0 }
  }

  private struct Candidate: Comparable {
    let rank, place, left, right: Int

    static func < (a: Candidate, b: Candidate) -> Bool { (a.rank, a.place) < (b.rank, b.place) }
  }

  /// A binary heap with the smallest candidate at its root.
  private struct Heap {
    private var items: [Candidate] = []

    mutating func insert(_ item: Candidate) {
      items.append(item)
      var child = items.count - 1
      while child > 0, items[child] < items[(child - 1) / 2] {
        items.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    }

    mutating func popFirst() -> Candidate? {
      guard let first = items.first else { return nil }
      let last = items.removeLast()
      guard !items.isEmpty else { return first }
      items[0] = last
      var parent = 0
      while true {
        var smallest = parent
        for child in [2 * parent + 1, 2 * parent + 2]
        where child < items.count && items[child] < items[smallest] { smallest = child }
        guard smallest != parent else { return first }
        items.swapAt(parent, smallest)
        parent = smallest
      }
    }
  }
}
