import Dispatch
import Synchronization

/// Work on the elements of an array by several threads.
enum Parallel {
  /// Calls `body` once for each element; which thread does it has no influence on the result.
  static func update<Element>(
    _ elements: inout [Element], threads: Int, _ body: @Sendable (inout Element) -> Void
  ) {
    var none: [Void] = Array(repeating: (), count: max(threads, 1))
    update(&elements, using: &none) { element, _ in body(&element) }
  }

  /// Calls `body` once for each element, with as many threads as there are workspaces, each of them
  /// with a workspace of its own, in which it finds what was left there.
  static func update<Element, Workspace>(
    _ elements: inout [Element], using workspaces: inout [Workspace],
    _ body: @Sendable (inout Element, inout Workspace) -> Void
  ) {
    let count = elements.count
    let threads = min(workspaces.count, max(count, 1))
    elements.withUnsafeMutableBufferPointer { elements in
      workspaces.withUnsafeMutableBufferPointer { workspaces in
        // Each index of either is taken by one thread alone.
        nonisolated(unsafe) let places = elements
        nonisolated(unsafe) let rooms = workspaces
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            body(&places[index], &rooms[thread])
          }
        }
      }
    }
  }
}
