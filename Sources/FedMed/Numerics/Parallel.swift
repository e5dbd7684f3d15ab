import Dispatch
import Synchronization

/// Work on the elements of an array by several threads.
enum Parallel {
  /// Calls `body` once for each element; which thread does it has no influence on the result.
  static func update<Element>(
    _ elements: inout [Element], threads: Int, _ body: @Sendable (inout Element) -> Void
  ) {
    let count = elements.count
    elements.withUnsafeMutableBufferPointer { buffer in
      // Each index is taken by one thread alone.
      nonisolated(unsafe) let places = buffer
      let next = Atomic<Int>(0)
      DispatchQueue.concurrentPerform(iterations: min(max(threads, 1), max(count, 1))) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          body(&places[index])
        }
      }
    }
  }
}
