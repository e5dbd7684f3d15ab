import Foundation
import Testing

/// Faults at some calls of the tools in a run. Tests/Faults/run injects them at all calls.
struct FaultTests {
  @Test(.timeLimit(.minutes(15))) func faultsCorruptNothing() throws {
    let shell = try Shell()
    let tools = Bundle.main.bundleURL.path
    let outcome = try shell.run(
      "FEDMED_TOOLS='\(tools)' '\(Shell.root.path)/Tests/Faults/run' 22")
    print(outcome.text)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // There are twelve kinds of faults, each injected at three calls.
    let rows = outcome.text.split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
    #expect(rows.count == 12)
    #expect(rows.allSatisfy { $0[1] == "3" && $0[7] == "0" })
  }
}
