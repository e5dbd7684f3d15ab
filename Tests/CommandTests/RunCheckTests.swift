import Foundation
import Testing

/// Detection of missing and modified files of a run, by `fm-eval check` and when the run is
/// resumed.
struct RunCheckTests {
  let shell: Shell
  static let federate = "fm-federate -q --run run --seed 3 --hidden 8 --batch-size 8 sites"

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
    try shell.succeed("\(Self.federate) --rounds 3 && mv run whole")
  }

  @Test func verifiesAWholeRun() throws {
    let text = try shell.succeed("fm-eval check whole | cut -f 2 | sort | uniq -c | tr -s ' '")
    // There are four models, and for each of three sites three updates, three reports, a test
    // report and a state.
    #expect(text == " 1 kind\n 4 model\n 12 report\n 3 state\n 9 update\n")
    try shell.succeed(
      "cp -r whole run; \(Self.federate) --rounds 3; diff -r -x jobs -x '*.lock' whole run")
    // A run can be verified while it is in progress, and after more rounds.
    try shell.succeed("\(Self.federate) --rounds 4; fm-eval check run > all; grep -c . all")
    try shell.succeed(
      "rm -r run/finished run/results run/rounds/004; fm-eval check run > /dev/null")
  }

  @Test(arguments: [
    ("rm rounds/001/reports/east.tar", "rounds/001/reports/east.tar"),
    ("rm rounds/002/updates/east.tar.gz", "rounds/002/updates/east.tar.gz"),
    ("rm rounds/002/model.tar.gz", "rounds/002/model.tar.gz"),
    ("rm rounds/002/audit.tsv", "rounds/002/audit.tsv"),
    ("rm results/east.tar", "results/east.tar"),
    ("flip rounds/001/reports/east.tar", "rounds/001/reports/east.tar"),
    ("flip rounds/001/model.tar.gz", "rounds/001/model.tar.gz"),
    ("flip rounds/000/model.tar.gz", "rounds/000/model.tar.gz"),
    ("flip rounds/003/audit.tsv", "rounds/003/audit.tsv"),
    ("flip results/east.tar", "results/east.tar"),
    ("cp rounds/001/reports/east.tar rounds/002/reports/east.tar", "rounds/002/reports/east.tar"),
    ("cp results/north.tar results/east.tar", "results/east.tar"),
    ("cp rounds/001/model.tar.gz rounds/002/model.tar.gz", "rounds/002/model.tar.gz"),
    ("rm results/checksums", "results/checksums"), ("rm -r results", "results/checksums"),
    ("flip results/checksums", "results/checksums"), ("rm table.tsv", "table.tsv"),
  ])
  func detectsMissingAndModifiedFiles(corruption: String, file: String) throws {
    try shell.succeed(
      """
      flip() { printf '\\377' | dd of="$1" bs=1 seek=70 conv=notrunc status=none; }
      cp -r whole run; cd run; \(corruption)
      """)
    let check = try shell.run("fm-eval check run")
    #expect(check.status == 65 && check.errors.contains("run/\(file)"), "\(check.errors)")
    for rounds in [3, 5] {
      let outcome = try shell.run("\(Self.federate) --rounds \(rounds)")
      #expect(outcome.status == 65, "\(outcome.errors)")
      #expect(outcome.lines.count == 1 && outcome.errors.contains("run/\(file): missing"))
    }
  }

  /// A finished run stays valid if it is called again, and if that call is killed at any moment.
  @Test func finishedRunStaysFinished() throws {
    try shell.succeed("cp -r whole run")
    for pause in [".02", ".05", ".1", ".15", ".2", ".3"] {
      try shell.run(
        "setsid \(Self.federate) --rounds 3 & pid=$!; sleep \(pause); kill -KILL -$pid; wait $pid")
      try shell.succeed("test -e run/finished && fm-eval check run > /dev/null")
    }
    // Calls with fewer or the same rounds are killed, and the run can still be finished.
    for (pause, rounds) in [(".1", 2), (".3", 3), (".6", 2), (".9", 3)] {
      try shell.run(
        "setsid \(Self.federate) --rounds \(rounds) & pid=$!; sleep \(pause); kill -KILL -$pid; wait $pid"
      )
    }
    try shell.succeed(
      """
      \(Self.federate) --rounds 3; fm-eval check run > /dev/null
      diff -r -x jobs -x logs -x '*.lock' whole run
      """)
    // Temporary files of a killed call are removed.
    try shell.succeed(
      """
      for file in settings tested rounds.tsv traffic.tsv recorded finished results/checksums \\
        rounds/001/checksums; do : > run/$file.new; done
      : > run/results/.east.tar.abcdef; : > run/sites/north/.state.tar.abcdef
      \(Self.federate) --rounds 3; fm-eval check run > /dev/null
      diff -r -x jobs -x logs -x '*.lock' whole run
      """)
    // A truncated update is detected before its size is recorded.
    try shell.succeed(": > run/rounds/001/updates/east.tar.gz")
    let cut = try shell.run("\(Self.federate) --rounds 3")
    #expect(
      cut.status == 65 && cut.errors.contains("updates/east.tar.gz: missing or modified"))
    #expect(try shell.run("cmp run/traffic.tsv whole/traffic.tsv").status == 0)
  }

  /// Files that a resumed run does not use are verified only by `fm-eval check`.
  @Test(arguments: [
    ("flip rounds/002/updates/east.tar.gz", "has changed since its round ended"),
    ("cp rounds/002/updates/east.tar.gz rounds/002/updates/more.tar.gz", "is not part of the run"),
    ("cp rounds/001/reports/east.tar rounds/001/reports/more.tar", "is not part of the run"),
    ("cp sites/north/state.tar sites/east/state.tar", "has changed since its round ended"),
    ("flip table.tsv", "has changed since its round ended"),
  ])
  func checkVerifiesEveryFile(corruption: String, reason: String) throws {
    try shell.succeed(
      """
      flip() { printf '\\377' | dd of="$1" bs=1 seek=40 conv=notrunc status=none; }
      cp -r whole run; cd run; \(corruption)
      """)
    let check = try shell.run("fm-eval check run")
    #expect(check.status == 65 && check.errors.contains(reason), "\(check.errors)")
  }

  /// A model that does not follow from its updates is detected even if its checksum was replaced.
  @Test func recomputesModelsFromTheirUpdates() throws {
    for rule in ["", "--rule trimmed-mean --trim .3", "--weights samples", "--optimizer fedadam"] {
      try shell.succeed(
        "rm -rf run; \(Self.federate) --rounds 2 \(rule); fm-eval check run > /dev/null")
    }
    try shell.succeed("rm -rf run; cp -r whole run")
    try shell.succeed(
      """
      cd run/rounds/003
      fm-aggregate -q --best-round 1 --model ../002/model.tar.gz updates/north.tar.gz updates/south.tar.gz |
        fm-compress -q > model.tar.gz
      mkdir a b; tar xf model.tar.gz -C a
      fm-aggregate -q --best-round 1 --model ../002/model.tar.gz updates/*.tar.gz | fm-compress -q | tar x -C b --gzip
      jq --slurpfile o b/manifest.json '.inputs = $o[0].inputs | .samples = $o[0].samples' a/manifest.json > m
      mv m a/manifest.json
      (cd a; tar cf - --format=ustar --numeric-owner manifest.json $(jq -r '.members[].name' manifest.json)) |
        gzip > model.tar.gz
      rm -r a b; cd ../..
      sed "s|^.* rounds/003/model|$(sha256sum < rounds/003/model.tar.gz | cut -d ' ' -f 1)  rounds/003/model|" \
        rounds/003/checksums > c; mv c rounds/003/checksums
      """)
    let check = try shell.run("fm-eval check run")
    #expect(check.status == 65)
    #expect(check.errors.contains("rounds/003/model.tar.gz: cannot be reproduced from its updates"))
  }

  /// The run stops instead of continuing without the site, and can be resumed with the same bytes.
  @Test func stopsIfASitesDiskIsFull() throws {
    // The disk is full for one site only.
    let script = """
      #!/bin/sh
      case "$*" in *sites/east/*) [ -e ../full ] && { echo 'fm-site: no space left' >&2; exit 74; } ;; esac
      exec '\(Shell.root.path)/Sources/Scripts/fm-site' "$@"
      """
    try shell.succeed("mkdir bin; cat > bin/fm-site << 'END'\n\(script)\nEND\nchmod +x bin/fm-site")
    let federate = "PATH=$PWD/bin:$PATH; \(Self.federate) --rounds 3"
    try shell.succeed("touch full")
    let full = try shell.run(federate)
    #expect(
      full.status == 74 && full.errors.contains("east could not write: fm-site: no space left"))
    try shell.succeed("test ! -e run/rounds/001/model.tar.gz; rm full; \(federate)")
    try shell.succeed("diff -r -x jobs -x '*.lock' -x logs whole run")
  }

  /// A site that fails for another reason misses the round. This is reported even with --quiet, and
  /// recorded.
  @Test func reportsMissedSites() throws {
    try shell.succeed(
      "cp -r whole run; rm run/finished run/sites/east/state.tar; mkdir run/sites/east/state.tar"
    )
    let outcome = try shell.run("\(Self.federate) --rounds 4")
    #expect(outcome.errors.contains("round 4: no update from east: "))
    #expect(
      try shell.succeed("tail -n 1 run/rounds.tsv | cut -f 5-6")
        == "north, south\teast (update), east (report)\n")
    #expect(
      try shell.succeed("sed -n 2p run/rounds.tsv | cut -f 5-6") == "east, north, south\tNA\n")
    try shell.succeed("fm-eval report --html page.html run")
    let page = String(decoding: try shell.bytes("page.html"), as: UTF8.self)
    #expect(page.contains("Round 4: east (update), east (report)"))
  }
}
