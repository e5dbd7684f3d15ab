import FMBase

/// Work by several threads. What is computed never depends on how many there are: work is cut by the
/// shapes of its operands alone.
public enum Parallel {
  // Set once, before any work.
  nonisolated(unsafe) private static var team: Team?
  /// How many threads work.
  nonisolated(unsafe) package private(set) static var threads = 1

  /// Says how many threads work, and makes sure that they can. To be called once, before any work.
  /// - Throws: `ioError` where there is not the memory for their products.
  public static func start(threads count: Int) throws(FedMedError) {
    try BLAS.requireMemory(threads: max(count, 1))
    guard count > 1, team == nil else { return }
    threads = count
    team = Team(helpers: count - 1)
  }

  /// Calls `body` once for each number below `count`.
  @usableFromInline
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    if let team {
      team.run(count, body)
    } else {
      for index in 0..<count { body(index) }
    }
  }

  /// Calls `body` with ranges of `size` numbers, the last one maybe shorter, that make up those below
  /// `count`.
  @inlinable
  package static func forEachBlock(of count: Int, size: Int = 128, _ body: (Range<Int>) -> Void) {
    forEach((count + size - 1) / size) { body($0 * size..<min(($0 + 1) * size, count)) }
  }

  /// Calls `body` for each row of a batch; threads take a few rows each.
  @inlinable
  package static func forEachRow(of count: Int, _ body: (Int) -> Void) {
    forEachBlock(of: count, size: 8) { for row in $0 { body(row) } }
  }

  /// Calls `body` once for each element.
  package static func update<Element>(
    _ elements: inout [Element], _ body: @Sendable (inout Element) -> Void
  ) {
    elements.withUnsafeMutableBufferPointer { elements in
      // Each index is taken by one thread alone.
      nonisolated(unsafe) let places = elements
      forEach(places.count) { body(&places[$0]) }
    }
  }
}
