import Synchronization
import Testing

@testable import FMLayers
@testable import FMNumerics

struct TeamTests {
  /// The calls do not depend on whether helpers arrive early, late or never.
  @Test(arguments: [0, 1, 3]) func callsEveryNumberOnce(helpers: Int) {
    let team = Team(helpers: helpers)
    for job in 0..<3000 {
      let count = job % 7
      let calls = (0..<7).map { _ in Counter() }
      team.run(count) { calls[$0].value.wrappingAdd(1, ordering: .relaxed) }
      for index in 0..<7 {
        let times = calls[index].value.load(ordering: .relaxed)
        #expect(times == (index < count ? 1 : 0))
      }
    }
  }

  /// Jobs may start within jobs, and from several threads at once.
  @Test func acceptsConcurrentJobs() async {
    let team = Team(helpers: 1)
    let total = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<200 {
            team.run(3) { _ in
              team.run(5) { _ in _ = total.value.wrappingAdd(1, ordering: .relaxed) }
            }
          }
        }
      }
    }
    #expect(total.value.load(ordering: .relaxed) == 4 * 200 * 15)
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }
}
