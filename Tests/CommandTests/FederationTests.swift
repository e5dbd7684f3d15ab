import FedMed
import Foundation
import Testing

/// Runs of fm-federate with small random sites. Results do not depend on how a run is executed.
struct FederationTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
  }

  static let options = "--rounds 4 --seed 3 --hidden 8 --batch-size 8"

  func federate(_ run: String, _ more: String = "") -> String {
    "fm-federate -q --run \(run) \(Self.options) \(more) sites"
  }

  /// The archives and tables of a run by name, without logs.
  func results(_ run: String) throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    let names = try shell.succeed(
      "cd \(run) && find . -type f ! -name '*.txt' ! -name '*.lock' | sort")
    for name in names.split(separator: "\n") {
      result[String(name)] = try shell.bytes("\(run)/\(name)")
    }
    return result
  }

  @Test func givesTheSameBytesForAnyNumberOfJobs() throws {
    try shell.succeed(federate("one", "-j 1") + " && " + federate("two", "-j 2"))
    let (one, two) = (try results("one"), try results("two"))
    #expect(one.count > 40)
    #expect(Set(one.keys) == Set(two.keys))
    for (name, bytes) in one { #expect(two[name] == bytes, "\(name)") }
    let table = try shell.succeed("cut -f 1 one/table.tsv")
    #expect(table == "site\neast\nnorth\nsouth\nAVG\n")
    #expect(try shell.succeed("wc -l < one/traffic.tsv") == "16\n")
  }

  /// The run and all its processes are killed with SIGKILL at ten moments.
  @Test func killedRunResumesWithTheSameBytes() throws {
    try shell.succeed(federate("whole"))
    let whole = try results("whole")
    var random = RandomStream(seed: 11, purpose: .partition)
    var kills = 0
    for attempt in 0..<200 where kills < 10 {
      if attempt % 4 == 0 { try shell.run("rm -rf killed") }
      let pause = Double(random.below(1000)) / 1000
      let outcome = try shell.run(
        """
        setsid \(federate("killed", "-j 2")) & pid=$!
        sleep \(pause); kill -KILL -$pid 2> /dev/null && echo killed; wait $pid
        """)
      if outcome.text == "killed\n" { kills += 1 }
      if attempt % 4 == 3 || kills == 10 {
        try shell.succeed(federate("killed"))
        let resumed = try results("killed")
        #expect(Set(resumed.keys) == Set(whole.keys))
        for (name, bytes) in whole { #expect(resumed[name] == bytes, "\(name)") }
      }
    }
    #expect(kills == 10)
  }

  /// Only the script is killed; its jobs continue.
  @Test func waitsForTheJobsOfAKilledScript() throws {
    try shell.succeed(federate("whole"))
    try shell.run(
      "\(federate("orphaned", "-j 2")) & pid=$!; sleep .4; kill -KILL $pid; wait $pid")
    try shell.succeed(federate("orphaned"))
    #expect(try results("orphaned") == results("whole"))
  }

  @Test func refusesASecondRunInTheSameFolder() throws {
    let outcome = try shell.run(
      """
      \(federate("shared")) & first=$!
      sleep .3; \(federate("shared")); echo $?; wait $first; echo $?
      """)
    #expect(outcome.text == "75\n0\n", "\(outcome.errors)")
    #expect(outcome.errors.contains("shared: in use by process"))
  }

  /// A run with other settings is refused.
  @Test func continuesAFinishedRunWithMoreRounds() throws {
    try shell.succeed(
      "fm-federate -q --run short --rounds 2 --seed 3 --hidden 8 --batch-size 8 sites")
    try shell.succeed(federate("short") + " && " + federate("long"))
    #expect(try results("short") == results("long"))
    let other = try shell.run("fm-federate -q --run short --rounds 4 --seed 4 sites")
    #expect(other.status == 65)
    #expect(other.errors.contains("the run was started with different settings"))
  }

  /// The round proceeds without a site that fails, unless too few are left. The site catches up
  /// later.
  @Test func toleratesASiteThatMissesARound() throws {
    try shell.succeed(
      "fm-federate -q --run run --rounds 1 --seed 3 --hidden 8 --batch-size 8 sites")
    // A folder in place of the state makes the site's training fail.
    try shell.succeed(
      "mv run/sites/east/state.tar kept; mkdir run/sites/east/state.tar; rm -r run/finished run/results"
    )
    let short = try shell.run(
      federate("run", "--min-sites 3").replacing("--rounds 4", with: "--rounds 2"))
    #expect(short.status == 75)
    let two = try shell.run(
      "fm-federate --run run --rounds 2 --seed 3 --hidden 8 --batch-size 8 sites")
    // The table is printed, but the exit code shows that it is incomplete.
    #expect(two.status == 75, "\(two.errors)")
    #expect(two.text.hasPrefix("site\tsamples\tmajority\talone\tfam\tmlp\tensemble\nnorth\t"))
    #expect(two.errors.contains("the table lacks sites that could not be tested: east"))
    #expect(two.errors.contains("round 2: no update from east: "))
    #expect(
      try shell.succeed(
        "tar xOf run/rounds/002/model.tar.gz manifest.json | jq -c '[.inputs[].site]'")
        == "[\"north\",\"south\"]\n")
    try shell.succeed("rmdir run/sites/east/state.tar; mv kept run/sites/east/state.tar")
    try shell.succeed(federate("run"))
    #expect(
      try shell.succeed(
        "tar xOf run/rounds/003/model.tar.gz manifest.json | jq -c '[.inputs[].site]'")
        == "[\"east\",\"north\",\"south\"]\n")
    #expect(
      try shell.succeed("tar xOf run/sites/east/state.tar manifest.json | jq -c .rounds.latest")
        == "4\n")
  }

  @Test func appliesWeightsAndCodec() throws {
    try shell.succeed(
      "\(federate("run", "--weights samples --codec float32 --filter zstd"))")
    #expect(
      try shell.succeed(
        "tar --zstd -xOf run/rounds/004/model.tar.zst manifest.json | jq -c '.aggregation.weights, .codec'"
      ) == "\"samples\"\nnull\n")
    try shell.succeed("fm-eval check run/rounds/*/updates/*.tar.zst run/results/*.tar")
  }

  /// Names may contain any character.
  @Test func acceptsUnusualFileNames() throws {
    try shell.succeed(
      "mkdir 'a & {}' && mv sites/east.tar 'a & {}/R&D.target.tar' && mv sites/north.tar 'a & {}/a|b '\\''c\".tar' && mv sites/south.tar 'a & {}/-x.tar'"
    )
    try shell.succeed(
      "cd 'a & {}' && fm-federate -q --run '../r {} &' --rounds 2 --hidden 8 --batch-size 8 -- *.tar"
    )
    #expect(try shell.succeed("cut -f 1 'r {} &/table.tsv'") == "site\neast\nnorth\nsouth\nAVG\n")
    #expect(
      try shell.succeed(
        "tar xOf 'r {} &/rounds/002/model.tar.gz' manifest.json | jq -c '[.inputs[].site]'")
        == "[\"east\",\"north\",\"south\"]\n")
  }

  /// A folder that is not a run is not changed, nor are the user's files next to a state.
  @Test func leavesUnrelatedFilesAlone() throws {
    try shell.succeed("mkdir -p mine/proj && touch mine/.bashrc.backup mine/proj/raw.tar mine/lock")
    #expect(try shell.run(federate("mine")).status == 65)
    #expect(
      try shell.succeed("find mine -type f | sort")
        == "mine/.bashrc.backup\nmine/lock\nmine/proj/raw.tar\n")
    try shell.succeed("mv sites/east.tar raw.tar")
    try shell.succeed("fm-site -q --features raw.tar --state state.tar --update u.tar.gz model.tar")
    let names = try shell.names()
    #expect(names.contains("raw.tar"))
    // A site keeps its reports even if it has the name of a temporary model.
    try shell.succeed("mkdir s && mv raw.tar s && cp sites/north.tar s")
    for _ in 0..<2 {
      try shell.succeed("fm-federate -q --run r --rounds 2 --hidden 8 --batch-size 8 s")
      #expect(try shell.succeed("ls r/rounds/001/reports") == "north.tar\nraw.tar\n")
    }
    #expect(names.allSatisfy { !$0.contains(".update.") })
  }

  /// An invalid option leaves the folder usable.
  @Test func comparesSettingsInAnyOrder() throws {
    #expect(try shell.run("fm-federate -q --run r --rounds 1 --beta1 7 sites").status == 64)
    try shell.succeed("fm-federate -q --run r --rounds 1 --seed 3 --hidden 8 sites")
    try shell.succeed("fm-federate -q --run r --rounds 1 --hidden 8 --seed 3 sites")
  }

  /// With --calibrate, both scores are reported. Adding it to a finished run gives the same bytes.
  @Test func reportsScoresBeforeAndAfterCalibration() throws {
    try shell.succeed(federate("one", "--calibrate") + " && " + federate("two"))
    try shell.succeed(federate("two", "--calibrate"))
    let (one, two) = (try results("one"), try results("two"))
    for (name, bytes) in one { #expect(two[name] == bytes, "\(name)") }
    #expect(
      try shell.succeed("head -n 1 one/table.tsv")
        == "site\tsamples\tmajority\talone\tfam\tmlp\tensemble\tcalibrated\n")
    #expect(try shell.succeed("awk -F '\t' 'NR > 1 && $7 != $8' one/table.tsv") == "")
    #expect(try shell.succeed("wc -l < one/sites/north/calibration.tsv") == "2\n")
  }

  /// A run is summarized as a table and as a page, before its end and after it.
  @Test func reportsARunAsTableAndPage() throws {
    try shell.succeed(federate("run", "--calibrate"))
    try shell.succeed(
      """
      fm-eval report run > report.tsv; fm-eval report --html page.html run/ > nothing
      fm-eval report --html again.html -o again.tsv run
      cmp page.html again.html; cmp report.tsv again.tsv; test ! -s nothing
      fm-eval report --format json run | jq -e '.report | length > 10' > /dev/null
      """)
    // The numbers equal those of the run's own tables.
    let means = try shell.succeed(
      "awk -F '\t' '$1 == \"validation\" && $3 == \"AVG\" { print $2, $7 }' report.tsv")
    #expect(means == (try shell.succeed("awk 'NR > 1 { print $1, $3 }' run/rounds.tsv")))
    let test = try shell.succeed(
      """
      awk -F '\t' '$1 == "test" && $3 != "ALL" && $4 == "ensemble" { printf "%s %.2f\\n", $3, 100 * $7 }' report.tsv
      """)
    #expect(test == (try shell.succeed("awk 'NR > 1 { print $1, $7 }' run/table.tsv")))
    // The counts of all sites add up.
    let counts = try shell.succeed(
      """
      awk -F '\t' '$1 == "test" && $4 == "calibrated" && $3 != "AVG" { if ($3 == "ALL") a = $5 " " $6; else { n += $5; k += $6 } }
        END { print (a == n " " k) }' report.tsv
      """)
    #expect(counts == "1\n")
    let bytes = try shell.succeed(
      "awk -F '\t' 'NR > 1 && $1 == 1 { d += $3; u += $4 } END { print d, u }' run/traffic.tsv")
    #expect(
      bytes
        == (try shell.succeed(
          "awk -F '\t' '$2 == 1 && $3 == \"AVG\" && $1 == \"validation\" { print $20, $21 }' report.tsv"
        )))
    let page = String(decoding: try shell.bytes("page.html"), as: UTF8.self)
    #expect(!page.contains("<script") && !page.contains("http:") && !page.contains("https:"))
    // Every figure has a title and a description, and all ids are unique.
    let pictures = page.components(separatedBy: "role=\"img\"").count - 1
    #expect(pictures > 20)
    #expect(page.components(separatedBy: "<title id=").count - 1 == pictures)
    #expect(page.components(separatedBy: "<desc id=").count - 1 == pictures)
    let ids = page.matches(of: #/ id="([^"]*)"/#).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
    #expect(!page.contains("nan") && !page.contains("inf\""))
    // A run is not overwritten or mixed with another, and its location has no effect.
    for file in ["rounds.tsv", "settings", "plan", "losses.tsv", "sites/east/state.tar"] {
      try shell.fail("fm-eval report --html run/\(file) run", 64, "both an input and an output")
    }
    try shell.succeed(
      "fm-eval report --card run/card.md run; fm-eval report --html run/new.html run"
    )
    try shell.succeed("fm-eval report --html run/new.html run; rm run/new.html")
    try shell.fail("fm-eval report --html run/card.md run", 64, "both an input and an output")
    try shell.fail("fm-eval report -o run/results/east.tar run", 64, "both an input and an output")
    try shell.fail("fm-eval report --html h --format json run", 64, "no table is written")
    try shell.succeed(
      "mkdir .hidden; cp -pr run .hidden; fm-eval report .hidden/run | cmp - report.tsv")
    try shell.succeed(
      "\(federate("other", "--lambda 1")); cp other/results/*.tar .hidden/run/results")
    try shell.fail("fm-eval report .hidden/run", 65, "reports on another model than that of round")
    // Before the end there are no test results, and the page says so.
    try shell.succeed("rm -r run/finished run/results run/table.tsv run/traffic.tsv run/rounds.tsv")
    try shell.succeed(
      "fm-eval report --html early.html -o early.tsv run; ! grep -q '^test' early.tsv")
    #expect(try shell.succeed("grep -c 'not been tested yet' early.html") == "1\n")
    // The best round of the page, its curves and the table is that of the reports.
    let rounds = try shell.succeed("ls run/rounds | tail -n 1")
    try shell.succeed(
      "rm -r run/rounds/\(rounds.dropLast())/reports; fm-eval report --html early.html run")
    #expect(try shell.succeed("grep -c 'is under way' early.html") == "1\n")
    try shell.fail("fm-eval report sites", 66, "rounds")
    try shell.fail("fm-eval report nowhere", 66, "nowhere/rounds")
    #expect(try shell.run("fm-eval report run run").status == 64)
    #expect(try shell.run("fm-eval table --html x run/rounds.tsv").status == 64)
    try shell.succeed("printf 'round\tsite\tbytes_down\tbytes_up\nx\ta\t1\t1\n' > run/traffic.tsv")
    try shell.fail("fm-eval report run", 65, "traffic.tsv: line 2: 'x' is not a number")
  }

  /// Runs are compared at their sites; a run that goes on after its end is described as it is.
  @Test func comparesRunsAndDescribesOneUnderWay() throws {
    // Enough patients at each site for draws.
    let shell = try Shell()
    try shell.makeRun(900)
    try shell.succeed(federate("one", "--rounds 1"))
    try shell.succeed(federate("two", "--rounds 2"))
    try shell.succeed(
      "fm-eval report --against two one > a.tsv; fm-eval report --against one two > b.tsv")
    #expect(
      try shell.succeed("head -n 1 a.tsv")
        == "site\tmetric\tfirst\tsecond\tdifference\tlower\tupper\tpaired\n")
    // The same samples were drawn, and the order of the runs changes only the sign.
    #expect(try shell.succeed("tail -n +2 a.tsv | cut -f 8 | sort -u") == "1\n")
    #expect(
      try shell.succeed(
        "paste a.tsv b.tsv | awk -F '\t' 'NR > 1 && ($3 != $12 || $5 + $13 != 0 || $6 + $15 != 0) { print }'"
      ) == "")
    let table = try shell.succeed(
      "awk -F '\t' 'NR > 1 { printf \"%s %.2f\\n\", $1, $7 / 100 }' two/table.tsv")
    #expect(
      try shell.succeed(
        "awk -F '\t' '$2 == \"accuracy\" { printf \"%s %.2f\\n\", $1, $3 }' b.tsv") == table)
    try shell.succeed(
      "fm-eval report --against one --html c.html two; grep -q 'id=\"comparison\"' c.html")
    try shell.succeed(
      "fm-eval report --card card.md --title T --intended-use U --license L two; cmp two/card.md card.md || true"
    )
    #expect(
      try shell.succeed("grep -c -e '^# Model card: T$' -e '^U$' -e '^- License: L$' card.md")
        == "3\n")
    // A finished run that goes on has test results of a round that is no longer the best.
    try shell.succeed(
      """
      rm one/finished; mkdir one/rounds/002; cp -r two/rounds/002/* one/rounds/002
      rm -f one/rounds/001/reports/*; fm-eval report --html way.html -o way.tsv one
      ! grep -q '^test' way.tsv; grep -q 'Test results of round 1' way.html; grep -q 'is under way' way.html
      """)
    for call in [
      "--title T one", "--against two --card c one", "--license L one", "--against - one",
      "--card c --format json one",
    ] {
      #expect(try shell.run("fm-eval report \(call)").status == 64, "\(call)")
    }
    try shell.fail("fm-eval report --against one two", 65, "one: has no test results")
    try shell.fail("fm-eval report --against nowhere two", 66, "nowhere/rounds")
    #expect(try shell.run("fm-eval report --card /dev/full two").status == 74)
  }

  @Test func refusesInvalidCalls() throws {
    for (call, status) in [
      ("fm-federate", 64), ("fm-federate --run x", 64),
      ("fm-federate --run x --rounds 0 sites", 64),
      ("fm-federate --run x --seed 'a b' sites", 64), ("fm-federate --run x --frob sites", 64),
      ("fm-federate --run x model.tar", 65), ("fm-federate --run x all.tar", 65),
      ("fm-federate --run x none.tar", 66), ("fm-site", 64), ("fm-site --features x model.tar", 64),
      ("fm-federate --run x sites sites/east.tar", 65),
      ("fm-federate --run x --min-sites 4 sites", 64), ("fm-federate --run . sites", 65),
      ("fm-site --features x --state s -", 64),
      ("fm-site --features x --state s --update s model.tar", 64),
      ("fm-site --features x --state s --update ./model.tar model.tar", 64),
      ("fm-site --features x --state s --update u --report u model.tar", 64),
      ("cp sites/east.tar .east.tar; fm-federate --run x .east.tar sites/north.tar", 65),
      ("fm-site --features x --state s -- a b", 64),
      ("fm-federate --run x --lambda -1 sites", 64),
    ] {
      let outcome = try shell.run(call)
      #expect(outcome.status == status, "\(call)\n\(outcome.errors)")
      #expect(!outcome.errors.isEmpty, "\(call)")
    }
  }
}
