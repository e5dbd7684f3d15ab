import FedMed
import Foundation
import Testing

/// The next task of a run follows from the files in its folder.
struct NextTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
    try shell.succeed(
      "fm-federate -q --run run --rounds 2 --method linear --seed 3 --filter zstd sites")
  }

  /// The values of all facts: `task round best`, then the missing answers.
  func facts(_ options: String = "--rounds 2 --min-sites 2") throws -> String {
    try shell.succeed("fm-aggregate next \(options) run | sed 1d | cut -f 2 | paste -s -d ' '")
      .trimmingCharacters(in: .newlines)
  }

  @Test func reportsEveryStage() throws {
    let best = try shell.succeed("awk '$4 == 1 { print $1 }' run/rounds.tsv")
      .trimmingCharacters(in: .newlines)
    #expect(try facts() == "done 2 \(best)")
    #expect(try facts("--rounds 3") == "train 2 east north south")
    #expect(try facts("--rounds 1") == "done 1")
    try shell.succeed("rm run/results/north.tar")
    #expect(try facts() == "test 2 \(best) north")
    try shell.succeed("rm run/rounds/002/reports/east.tar")
    #expect(try facts("--rounds 2") == "report 2 east north")
    // Missing answers of all kinds are listed with their names.
    let lines = try shell.succeed("fm-aggregate next --rounds 3 run | sed 1,3d")
    #expect(
      lines
        == "report\teast\nupdate\teast\nupdate\tnorth\nupdate\tsouth\ntest\tnorth\n")
    try shell.succeed("rm run/rounds/000/model.tar.zst")
    #expect(try facts("--rounds 2").hasPrefix("start 0"))
  }

  /// The table lists the sites that answered, and what the others did not send.
  @Test func tableListsWhatSitesMissed() throws {
    try shell.succeed(
      """
      fm-aggregate next --rounds 2 --min-sites 2 --rounds-out t.tsv run > facts; cmp t.tsv run/rounds.tsv
      rm run/rounds/001/updates/east.tar.zst run/rounds/001/reports/south.tar
      fm-aggregate next --rounds 2 --min-sites 3 --rounds-out t.tsv run > facts
      """)
    #expect(
      try shell.succeed("sed -n 2p t.tsv | cut -f 1,2,4-")
        == "1\t2\t0\tnorth, south\teast (update), south (report)\n")
    // Two reports are fewer than required.
    #expect(try shell.succeed("grep best facts") == "best\t2\n")
  }

  @Test func refusesAFolderThatIsNotARun() throws {
    try shell.fail("fm-aggregate next --rounds 1 sites", 66, "sites/settings: cannot open")
    try shell.fail("fm-aggregate next --rounds 0 run", 64, "must be at least 1")
    try shell.fail(
      "fm-aggregate next --rounds 1 --rounds-out x run", 64, "require --min-sites")
    try shell.succeed("sed -i 's/zstd/zip/' run/settings")
    try shell.fail("fm-aggregate next --rounds 1 run", 65, "unknown filter 'zip'")
    try shell.succeed("sed -i 's/zip/zstd/' run/settings; echo x > run/rounds/001/reports/east.tar")
    try shell.fail(
      "fm-aggregate next --rounds 2 --min-sites 1 run", 65, "rounds/001/reports/east.tar")
  }
}
