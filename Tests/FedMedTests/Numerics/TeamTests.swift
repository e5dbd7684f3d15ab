import Synchronization
import Testing

@testable import FMLayers
@testable import FMNumerics

struct TeamTests {
  /// Each number once, job after job, whether the helpers come in time, late or never.
  @Test(arguments: [0, 1, 3]) func everyNumberIsCalledOnce(helpers: Int) {
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

  /// A job within a job, and jobs from several threads at once.
  @Test func jobsMayMeet() async {
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
