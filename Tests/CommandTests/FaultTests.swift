import Foundation
import Testing

/// Harm at some calls of the tools in a run; Tests/Faults/run does it at all of them.
struct FaultTests {
  @Test(.timeLimit(.minutes(15))) func harmLeavesNothingCorrupt() throws {
    let shell = try Shell()
    let tools = Bundle.main.bundleURL.path
    let outcome = try shell.run(
      "FEDMED_TOOLS='\(tools)' '\(Shell.root.path)/Tests/Faults/run' 22")
    print(outcome.text)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Twelve kinds at three calls each.
    let rows = outcome.text.split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
    #expect(rows.count == 12)
    #expect(rows.allSatisfy { $0[1] == "3" && $0[7] == "0" })
  }
}
