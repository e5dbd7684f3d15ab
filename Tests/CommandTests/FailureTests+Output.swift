import Foundation
import Testing

extension FailureTests {
  /// An existing output is unchanged until the new one is complete.
  @Test func keepsTheOldFileOnFailure() throws {
    try shell.write("old.tar", "precious")
    let outcome = try shell.run("head -c 5000 model.tar | fm-compress -o old.tar")
    #expect(outcome.status == 65)
    #expect(try shell.bytes("old.tar") == Array("precious".utf8))
    #expect(try shell.names().allSatisfy { !$0.hasPrefix(".") })
  }

  /// If the reader of a pipe exits, SIGPIPE ends a tool silently, even if the caller ignores that
  /// signal.
  @Test func endsSilentlyOnAClosedPipe() throws {
    let script =
      "{ fm-eval predict --features sites/north.tar model.tar; echo $? > status; } | true; sleep .2"
    for prefix in ["", "trap '' PIPE; "] {
      // The output exceeds the capacity of a pipe, so writing must fail.
      let outcome = try shell.run(
        prefix
          + "{ sleep .1; fm-compress -q --filter none model.tar; echo $? > status; } | true; cat status"
      )
      #expect(outcome.errors.isEmpty)
      #expect(outcome.text == "141\n")
    }
    #expect(try shell.run(script).errors.isEmpty)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func leavesNoFileAfterASignal(signal: Int32) throws {
    // The model is so large that the tool is still computing its numbers after it has opened the
    // output.
    try shell.write(
      "spec.json",
      #"{"classes": ["a"], "encoder": {"name": "x", "dimension": 4096, "logitScale": 100}}"#)
    try shell.succeed("mkdir out")
    func contents() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: shell.folder.path + "/out")
    }
    let process = shell.process("exec fm-aggregate --init --spec spec.json -o out/new.tar")
    try process.run()
    while try contents().isEmpty && process.isRunning { usleep(1000) }
    #expect(try contents().allSatisfy { $0.hasPrefix(".new.tar.") })
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
    #expect(try contents().isEmpty)
  }

  /// Text may be written to a terminal. `script` provides one.
  @Test func refusesToWriteArchivesToATerminal() throws {
    for call in [
      "fm-compress model.tar", "fm-aggregate --init --like all.tar", Shell.importCommand,
      "fm-train-local --features sites/north.tar --state s model.tar",
      "fm-eval score --features sites/north.tar --report-out - model.tar",
    ] {
      let outcome = try shell.run("script -qec '\(call)' /dev/null; echo status $?")
      #expect(outcome.text.contains("refusing to write an archive to a terminal"), "\(call)")
      #expect(outcome.text.contains("status 64"), "\(call)")
    }
    #expect(!FileManager.default.fileExists(atPath: shell.folder.path + "/s"))
    let text = try shell.run("script -qec 'fm-eval check model.tar' /dev/null")
    #expect(text.text.contains("model.tar  model"))
  }

  /// The bar is shown on terminals that can erase a line, and elsewhere only on request.
  @Test func showsProgressOnlyOnATerminal() throws {
    let call = "fm-train-local --features sites/north.tar --state s --output u.tar"
    func shown(_ options: String, term: String) throws -> Bool {
      let outcome = try shell.run(
        "script -qec '\(call) \(options) model.tar' /dev/null", environment: ["TERM": term])
      return outcome.text.contains("1/1")
    }
    #expect(try shown("", term: "xterm"))
    #expect(try !shown("", term: "dumb"))
    #expect(try !shown("--progress never", term: "xterm"))
    #expect(try !shown("--quiet", term: "xterm"))
    #expect(try shell.run("\(call) model.tar").errors.contains("1/1") == false)
    #expect(try shell.run("\(call) --progress always model.tar").errors.contains("1/1"))
  }

  /// A server may set a limit of its own.
  @Test func limitsSizes() throws {
    try shell.makeRun()
    try shell.succeed("FEDMED_SIZE_LIMIT=100000 fm-eval check model.tar > /dev/null")
    try shell.fail(
      "FEDMED_SIZE_LIMIT=100 fm-eval check model.tar > /dev/null", 65,
      "FEDMED_SIZE_LIMIT allows 100")
    try shell.fail(
      "FEDMED_SIZE_LIMIT=1M fm-eval check model.tar > /dev/null", 64, "'1M': expected a number"
    )
  }

  /// Without the check, OpenBLAS would retry forever to allocate memory.
  @Test func reportsTooLittleAddressSpace() throws {
    try shell.makeRun()
    for j in [1, 4] {
      try shell.fail(
        "ulimit -v 300000; timeout 20 fm-train-local -q -j \(j) --features sites/north.tar --state-out s model.tar",
        74, "not enough memory for \(j) threads")
    }
  }
}
