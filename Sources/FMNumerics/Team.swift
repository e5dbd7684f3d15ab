import Dispatch
import Glibc
import Synchronization

/// Threads that stay, and wait for work in small pieces.
///
/// They look out for the next job for a while before they go to sleep: to wake a thread takes longer
/// than a product of small matrices. Whoever gives a job works on it too, and never waits for a
/// thread that has not begun; while a job is under way, a job from anywhere else (from within one, or
/// from another thread) runs on its own thread alone.
final class Team: @unchecked Sendable {
  // Written by `run` alone, between jobs, when no worker takes part.
  private var body: (Int) -> Void = { _ in }
  private var count = 0

  private let isTaken = Atomic<Bool>(false)
  private let isOpen = Atomic<Bool>(false)
  private let generation = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  /// Which of the first 64 numbers are taken, a bit each.
  private let taken = Atomic<UInt64>(0)
  private let size: Int
  private let recruits = Atomic<Int>(0)
  private let active = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let alarm = DispatchSemaphore(value: 0)

  /// How often a thread looks before it sleeps: about a fifth of a millisecond.
  private static let patience = 200

  /// - Parameter helpers: threads beside the one that gives the jobs.
  init(helpers: Int) {
    size = helpers + 1
    for _ in 0..<helpers {
      var thread = pthread_t()
      // Where there are no more threads to be had, the others do it alone.
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

  /// Calls `body` once for each number below `count`, and returns when all calls have.
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
      // A worker counts itself in before it looks whether the job is open, so from here on none
      // that is not counted can touch it.
      while active.load(ordering: .sequentiallyConsistent) > 0 { sched_yield() }
      self.body = { _ in }
    }
    isTaken.store(false, ordering: .releasing)
  }

  /// Of few numbers, thread t takes t, t + n, t + 2 n and so on, and what the others have left only
  /// then: the same rows of the same arrays come to the same processor from job to job, and are in its
  /// cache. To fetch what another one has just written takes longer than to compute it.
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
          // A job that came in between would not wake it. That it is counted as a sleeper for
          // nothing only makes it look about once more than it need.
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
