import Foundation
import Testing

/// The cases in the folder Cases: a command and its expected output in each subfolder.
struct CaseTests {
  static let folder = Shell.root.appendingPathComponent("Tests/CommandTests/Cases")
  static let names = {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let chosen = ProcessInfo.processInfo.environment["FEDMED_CASE"]
    return entries.filter { !$0.hasSuffix(".md") && $0 == chosen ?? $0 }.sorted()
  }()

  private func text(_ name: String, _ part: String) -> String? {
    try? String(
      contentsOf: Self.folder.appendingPathComponent("\(name)/\(part)"), encoding: .utf8)
  }

  @Test func findsTheCases() {
    // A mistyped FEDMED_CASE finds none.
    #expect(Self.names.count > 30 || Self.names.count == 1)
  }

  @Test(arguments: names)
  func commandGivesTheExpectedOutput(name: String) throws {
    let shell = try Shell()
    try shell.makeRun()
    let outcome = try shell.run(try #require(text(name, "command")))
    if ProcessInfo.processInfo.environment["FEDMED_RECORD"] != nil {
      for (part, content) in [
        ("output", outcome.text), ("error", outcome.errors),
        ("status", outcome.status == 0 ? "" : "\(outcome.status)\n"),
      ] {
        let file = Self.folder.appendingPathComponent("\(name)/\(part)")
        try? FileManager.default.removeItem(at: file)
        if !content.isEmpty { try Data(content.utf8).write(to: file) }
      }
    }
    #expect(outcome.text == text(name, "output") ?? "")
    #expect(outcome.errors == text(name, "error") ?? "")
    #expect("\(outcome.status)\n" == text(name, "status") ?? "0\n")
  }
}
