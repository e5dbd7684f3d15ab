import Dispatch
import Glibc
import Synchronization

/// Persistent worker threads for small jobs.
///
/// Idle threads spin for a while before they sleep, because waking a thread takes longer than a
/// product of small matrices. The thread that submits a job works on it too and never waits for a
/// thread that has not begun. While a job is running, a job submitted from within it or by another
/// thread runs on the submitting thread alone.
final class Team: @unchecked Sendable {
  // Written only by `run`, between jobs, when no worker is active.
  private var body: (Int) -> Void = { _ in }
  private var count = 0

  private let isTaken = Atomic<Bool>(false)
  private let isOpen = Atomic<Bool>(false)
  private let generation = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  /// One bit for each of the first 64 indices: whether it is taken.
  private let taken = Atomic<UInt64>(0)
  private let size: Int
  private let recruits = Atomic<Int>(0)
  private let active = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let alarm = DispatchSemaphore(value: 0)

  /// How often a thread polls before it sleeps: about a fifth of a millisecond.
  private static let patience = 200

  /// Starts the threads.
  /// - Parameter helpers: the number of threads besides the submitting one.
  init(helpers: Int) {
    size = helpers + 1
    for _ in 0..<helpers {
      var thread = pthread_t()
      // If a thread cannot be created, the others do its work.
      let context = Unmanaged.passRetained(self)
      let status = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<Team>.fromOpaque(context).takeUnretainedValue().serve()
        }, context.toOpaque())
      if status != 0 { context.release() }
    }
  }

  /// Calls `body` once for each index below `count`, and returns when all calls have returned.
  package func run(_ count: Int, _ body: (Int) -> Void) {
    let isFree =
      count > 1
      && isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    guard isFree else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      self.body = body
      self.count = count
      next.store(0, ordering: .relaxed)
      taken.store(0, ordering: .relaxed)
      isOpen.store(true, ordering: .sequentiallyConsistent)
      generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
      for _ in 0..<sleepers.exchange(0, ordering: .sequentiallyConsistent) { alarm.signal() }
      takePart(as: 0)
      isOpen.store(false, ordering: .sequentiallyConsistent)
      // A worker increments `active` before it checks `isOpen`, so from here on no uncounted worker
      // can touch the job.
      while active.load(ordering: .sequentiallyConsistent) > 0 { sched_yield() }
      self.body = { _ in }
    }
    isTaken.store(false, ordering: .releasing)
  }

  /// Takes indices until none is left. If there are few, thread t first takes t, t + n, t + 2n and
  /// so on, and only then those that others have not taken: this way the same rows stay in the same
  /// processor's cache from job to job. Fetching data that another processor has just written takes
  /// longer than computing it.
  private func takePart(as thread: Int) {
    guard count <= UInt64.bitWidth else {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
    func take(_ index: Int) {
      let bit = UInt64(1) << UInt64(index)
      if taken.bitwiseOr(bit, ordering: .relaxed).oldValue & bit == 0 { body(index) }
    }
    for index in stride(from: thread, to: count, by: size) { take(index) }
    for index in 0..<count { take(index) }
  }

  private func serve() -> Never {
    let thread = recruits.wrappingAdd(1, ordering: .relaxed).newValue
    var seen = 0
    while true {
      var looks = 0
      while generation.load(ordering: .acquiring) == seen {
        looks += 1
        if looks < Self.patience {
          for _ in 0..<64 where generation.load(ordering: .relaxed) != seen { break }
          sched_yield()
        } else {
          looks = 0
          sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
          // A job submitted in between would not signal this thread, so check again. A spurious
          // signal costs one extra poll at most.
          if generation.load(ordering: .sequentiallyConsistent) == seen { alarm.wait() }
        }
      }
      seen = generation.load(ordering: .acquiring)
      active.wrappingAdd(1, ordering: .sequentiallyConsistent)
      if isOpen.load(ordering: .sequentiallyConsistent) { takePart(as: thread) }
      active.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
  }
}
