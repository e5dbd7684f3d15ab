import FedMed
import Foundation
import Testing

/// The status of a run, its tables, and its configuration.
struct StatusTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
  }

  static let local = "fm-federate -q --run run --rounds 2 --method linear --seed 3 sites"

  /// The rows of the status for `fact`, with the given columns.
  private func status(_ fact: String, columns: String = "site,value", run: String = "run") throws
    -> [String]
  {
    let text = try shell.succeed(
      "fm-federate --status \(run) --columns fact,\(columns) | awk -F '\t' '$1 == \"\(fact)\"' | cut -f 2-"
    )
    return text.split(separator: "\n").map(String.init)
  }

  @Test func summarizesAFinishedRun() throws {
    try shell.succeed(Self.local)
    let best = try shell.succeed("awk '$4 == 1 { print $1 \"\t\" $3 }' run/rounds.tsv")
    #expect(try status("best", columns: "round,value") == [best.trimmingCharacters(in: .newlines)])
    #expect(try status("task", columns: "round,value") == ["2\tdone"])
    #expect(try status("answered") == ["east\ttest", "north\ttest", "south\ttest"])
    #expect(try status("waiting").isEmpty)
    let sent = try shell.succeed("awk '{ n += $4 } END { print n }' run/traffic.tsv")
    #expect(
      try status("bytes_up").last == "NA\t\(sent.trimmingCharacters(in: .newlines))")
    // The sum includes the updates of two rounds and the reports on two models.
    #expect(
      try shell.succeed("cat run/rounds/*/updates/* run/rounds/*/reports/* | wc -c") == sent)
    try shell.succeed(
      "fm-federate --status run --format json | jq -e '.status | map(.fact) | index(\"seconds\")'")
    // The path of the folder may have any spelling.
    try shell.succeed("fm-federate --status run/ > a; cd run; fm-federate --status . | cmp - ../a")
  }

  @Test func listsMissingSites() throws {
    let serve =
      "fm-federate -q --run run --rounds 2 --seed 3 --hidden 8 --launcher wait --deadline 60 "
      + "--spec spec.json north east south"
    try shell.succeed("tar xOf sites/north.tar manifest.json > spec.json; mkdir data")
    #expect(try shell.run(serve).status == 75)
    let since = try shell.succeed("date -u -d @$(sed -n 's/^since.//p' run/wanted) +%FT%TZ")
      .trimmingCharacters(in: .newlines)
    #expect(
      try Set(status("waiting", columns: "round,site,value,time")) == [
        "1\teast\tupdate\t\(since)", "1\tnorth\tupdate\t\(since)", "1\tsouth\tupdate\t\(since)",
      ])
    #expect(try status("deadline_seconds") == ["NA\t60"])
    try shell.succeed(
      """
      fm-poll -q --server run/exchange/north --features sites/north.tar --state data/north
      echo garbage > run/exchange/east/answer/update.tar.gz
      """)
    #expect(try shell.run(serve).status == 75)
    #expect(try status("answered") == ["north\tupdate"])
    #expect(try Set(status("waiting")) == ["east\tupdate", "south\tupdate"])
    let refused = try status("refused", columns: "round,site,value")
    #expect(refused.first?.hasPrefix("1\teast\t") == true, "\(refused)")
    #expect(try status("refused", columns: "time").first != "NA")
  }

  @Test func reportsWhyJobsFailed() throws {
    let outcome = try shell.run("\(Self.local) --min-samples 1000")
    #expect(outcome.status == 75, "\(outcome.errors)")
    #expect(try status("task") == ["NA\ttrain"])
    #expect(try status("waiting") == ["east\tupdate", "north\tupdate", "south\tupdate"])
    let failed = try status("failed")
    #expect(failed.count == 3 && failed[0].contains("1000"), "\(failed)")
  }

  @Test func namesTheRunningProcess() throws {
    try shell.succeed(Self.local)
    #expect(try status("process").isEmpty)
    try shell.succeed(
      """
      flock run/fm-federate.lock sh -c 'fm-federate --status run > during'
      grep "^process" during | cut -f 4 | cmp - run/fm-federate.lock
      """)
  }

  @Test func refusesAFolderThatIsNotARun() throws {
    try shell.fail("fm-federate --status sites", 66, "sites: not the folder of a run")
    try shell.fail("fm-federate --status run --rounds", 64, "--rounds needs a value")
    try shell.fail("fm-federate --status run --run run", 64, "--status takes only")
    try shell.fail("fm-federate --run run --format csv sites", 64, "require --status")
    try shell.succeed("\(Self.local); echo x > run/plan")
    try shell.fail("fm-federate --status run", 65, "run/plan: line 1: expected a name and a number")
  }

  // MARK: - Losses

  @Test func collectsTheLossesOfAllSites() throws {
    try shell.succeed(
      "fm-federate -q --run run --rounds 2 --seed 3 --hidden 8 --local-epochs 2 sites")
    let header = try shell.succeed("head -n 1 run/losses.tsv")
    #expect(header.hasPrefix("site\tround\tepoch\tloss\t"))
    #expect(try shell.succeed("sed 1d run/losses.tsv | wc -l") == "12\n")
    // The table has the numbers of the logs.
    let terms = header.split(separator: "\t").count
    try shell.succeed(
      """
      for log in run/rounds/001/logs/*.tsv run/rounds/002/logs/*.tsv; do
        sed 1d $log | awk -F '\t' -v OFS='\t' '{ $4 = ""; print }' | sed 's/\t\t/\t/' | cut -f 1-\(terms)
      done > logs; sed 1d run/losses.tsv | cmp - logs
      """)
    try shell.succeed("fm-federate -q --run once --method gaussian --min-samples 1 sites")
    try shell.succeed("test ! -e once/losses.tsv")
  }

  // MARK: - Configuration

  @Test func readsAndPrintsAConfiguration() throws {
    try shell.write(
      "run.conf",
      """
      # A comment, and options as on the command line.
      --method   linear
      --rounds 2
        --seed 3
      --guard=4
      --calibrate

      sites
      """)
    let printed = try shell.succeed("fm-federate --run run --config run.conf --print-config")
    for line in [
      "--run \(shell.folder.path)/run", "--method linear", "--rounds 2", "--seed 3", "--guard 4",
      "--calibrate", "--codec float16", "# --batch-size 32", "\(shell.folder.path)/sites",
    ] {
      #expect(printed.split(separator: "\n").contains(Substring(line)), "\(line)\n\(printed)")
    }
    // The printed options can be read as a configuration.
    try shell.succeed(
      """
      fm-federate --run run --config run.conf --print-config > all.conf
      fm-federate --config all.conf --print-config | cmp - all.conf
      fm-federate -q --config all.conf && fm-eval check -q run > checked
      """)
    // The command line takes precedence, regardless of the order.
    for order in ["--rounds 1 --seed 4 --config run.conf", "--config=run.conf --rounds 1 --seed 4"]
    {
      let lines = try shell.succeed("fm-federate --run run \(order) --print-config").split(
        separator: "\n")
      #expect(lines.contains("--rounds 1") && lines.contains("--seed 4"))
      #expect(!lines.contains("--seed 3"))
    }
    try shell.fail("fm-federate --config none.conf", 66, "none.conf: cannot read")
    try shell.fail("fm-federate --config", 64, "--config needs a value")
    try shell.succeed("echo '--config x' > loop.conf")
    try shell.fail("fm-federate --config loop.conf", 64, "cannot be used in a configuration file")
  }

  @Test(arguments: [
    ("fm-federate --round 3", "--rounds"), ("fm-federate --guards 3", "--guard"),
    ("fm-federate --batchsize 3", "--batch-size"), ("fm-site --feature x", "--features"),
    ("fm-poll --serve x", "--server"), ("fm-slurm --job 3", "--jobs"),
    ("fm-eval score --feature x", "--features"),
  ])
  func suggestsAnOptionForATypo(command: String, option: String) throws {
    let outcome = try shell.run(command)
    #expect(outcome.status == 64)
    #expect(outcome.errors.lowercased().contains("did you mean"), "\(outcome.errors)")
    #expect(outcome.errors.contains("\(option)"), "\(outcome.errors)")
  }

  @Test func suggestsNothingForAnUnrelatedOption() throws {
    let outcome = try shell.run("fm-federate --xyzzy 3")
    #expect(outcome.status == 64 && outcome.lines == ["fm-federate: unknown option '--xyzzy'"])
  }

  /// After a deadline the server goes on without a site, and the status says so.
  @Test func aMissedDeadlineIsSeen() throws {
    let serve =
      "fm-federate -q --run run --rounds 1 --seed 3 --hidden 8 --launcher wait --deadline 1 "
      + "--min-sites 2 --spec spec.json north east south"
    try shell.succeed("tar xOf sites/north.tar manifest.json > spec.json; mkdir data")
    func poll() throws {
      for site in ["north", "south"] {
        try shell.succeed(
          "fm-poll -q --server run/exchange/\(site) --features sites/\(site).tar --state data/\(site)"
        )
      }
      try shell.succeed("sleep 1.1")
    }
    #expect(try shell.run(serve).status == 75)
    for _ in 0..<2 {
      try poll()
      #expect(try shell.run(serve).status == 75)
    }
    #expect(try status("task", columns: "round,value") == ["1\ttest"])
    #expect(
      try Set(status("waiting")) == ["east\ttest", "north\ttest", "south\ttest"])
    #expect(
      try Set(status("missed", columns: "round,site,value"))
        == ["1\teast\tupdate", "1\teast\treport"])
    // At the end, the site without a test report is not forgotten.
    try poll()
    #expect(try shell.run(serve).status == 75)
    #expect(try status("task") == ["NA\tdone"])
    #expect(try status("waiting").isEmpty)
    #expect(try status("missed").contains("east\ttest"))
  }

  /// Lines that would silently mean something else are refused.
  @Test(arguments: [
    ("--calibrate true", "takes no value"), ("--quiet # for cron", "takes no value"),
    ("--rounds", "--rounds needs a value"), ("--rounds=", "--rounds needs a value"),
    ("rounds 3", "did you mean --rounds 3?"), ("--", "cannot be used"),
    ("--status run", "cannot be used"), ("--rounds 3 # three", "not '3 # three'"),
  ])
  func configurationsAreChecked(line: String, reason: String) throws {
    try shell.write("run.conf", "--method linear\n\(line)\n")
    let outcome = try shell.run("fm-federate --run run --config run.conf sites")
    #expect(outcome.status == 64 && outcome.errors.contains(reason), "\(outcome.errors)")
    try shell.succeed("test ! -e run")
  }

  @Test func configurationsMayHaveWindowsLineEnds() throws {
    try shell.write("run.conf", "--method linear\r\n--rounds 1\r\n\r\nsites\r\n")
    try shell.succeed("fm-federate -q --run run --config run.conf && test -s run/table.tsv")
    try shell.fail("fm-federate --config a --config b", 64, "more than one --config")
    try shell.fail("fm-federate --config -", 64, "requires a file")
    try shell.fail("fm-federate --run run --quiet=yes sites", 64, "--quiet takes no value")
  }

  /// What can be checked before a site trains is checked then.
  @Test(arguments: ["--rule foo", "--optimizer foo", "--codec foo", "--weights foo"])
  func unknownNamesAreFoundBeforeTheRun(option: String) throws {
    try shell.fail("fm-federate --run run \(option) sites", 64, "'foo' (known: ")
    try shell.succeed("test ! -e run")
  }

  /// A misspelled option that is required is named, not reported as missing.
  @Test(arguments: [
    ("fm-partition --shceme iid --sites 2 x", "--shceme", "--scheme"),
    ("fm-train-local --featurs x", "--featurs", "--features"),
    ("fm-aggregate next --round 3 run", "--round", "--rounds"),
  ])
  func aMisspelledRequiredOptionIsNamed(command: String, option: String, meant: String) throws {
    let outcome = try shell.run(command)
    let tool = command.prefix { $0 != " " }
    #expect(
      outcome.lines == [
        "\(tool): unknown option '\(option)'", "\(tool): hint: did you mean \(meant)?",
      ])
  }

  @Test(arguments: [
    ("fm-partition x", "--scheme is required"),
    ("fm-eval check --format xml", "unknown format 'xml' (known: tsv, csv, json, jsonl)"),
    ("fm-eval show foo x", "unknown view 'foo' (known: confusion, reliability, roc, decision)"),
    ("fm-site --features a --state b c", "one of --report, --update and --test is required"),
    ("fm-federate --status nope", "nope: not the folder of a run"),
  ])
  func wrongCallsNameWhatIsKnown(command: String, message: String) throws {
    #expect(try shell.run(command).errors.contains(message))
  }

  @Test func columnsAreCheckedBeforeTheWork() throws {
    try shell.fail(
      "fm-partition --scheme iid --sites 2 --columns nam -o out all.tar", 64, "unknown column 'nam'"
    )
    try shell.succeed("test ! -e out")
    #expect(
      try shell.succeed("fm-aggregate list methods --columns 'method, rounds' | head -n 1")
        == "method\trounds\n")
  }
}
