import FMBase

/// Multi-threaded work. Results never depend on the number of threads: work is split by the shapes
/// of the operands alone.
public enum Parallel {
  // Set once by `start`, before any work.
  nonisolated(unsafe) private static var team: Team?
  /// The number of threads.
  nonisolated(unsafe) public private(set) static var threads = 1

  /// Sets the number of threads, and checks that there is memory for them. Call it once, before any
  /// work.
  /// - Throws: `ioError` if there is no address space for the threads' matrix products.
  public static func start(threads count: Int) throws(FedMedError) {
    try BLAS.requireMemory(threads: max(count, 1))
    guard count > 1, team == nil else { return }
    threads = count
    team = Team(helpers: count - 1)
  }

  /// Calls `body` once for each index below `count`.
  @usableFromInline
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    if let team {
      team.run(count, body)
    } else {
      for index in 0..<count { body(index) }
    }
  }

  /// Calls `body` with consecutive ranges of `size` indices that cover all those below `count`; the
  /// last range may be shorter.
  @inlinable
  package static func forEachBlock(of count: Int, size: Int = 128, _ body: (Range<Int>) -> Void) {
    forEach((count + size - 1) / size) { body($0 * size..<min(($0 + 1) * size, count)) }
  }

  /// Calls `body` for each row of a batch; threads take eight rows at a time.
  @inlinable
  package static func forEachRow(of count: Int, _ body: (Int) -> Void) {
    forEachBlock(of: count, size: 8) { for row in $0 { body(row) } }
  }

  /// Calls `body` once for each element, in any order.
  package static func update<Element>(
    _ elements: inout [Element], _ body: @Sendable (inout Element) -> Void
  ) {
    elements.withUnsafeMutableBufferPointer { elements in
      // No two threads get the same index.
      nonisolated(unsafe) let places = elements
      forEach(places.count) { body(&places[$0]) }
    }
  }
}
