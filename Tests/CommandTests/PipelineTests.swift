import Foundation
import Testing

/// Pipelines of the tools, with random samples.
struct PipelineTests {
  let shell: Shell

  init() throws { shell = try Shell() }

  /// Every archive can be inspected with tar and jq, and passed on by a pipe.
  @Test func runsARoundByHand() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      for site in north east south; do
        fm-train-local -q --features sites/$site.tar --state $site.state model.tar |
          fm-compress -q > $site.tar.gz || exit
      done
      fm-aggregate *.tar.gz > model1.tar
      fm-eval score --features sites/north.tar --state north.state --split validation \
        --report-out report.tar -q model1.tar > counts.tsv
      fm-eval score --features sites/north.tar --state north.state --report-out test.tar \
        model1.tar > scores.tsv
      fm-eval predict --features sites/north.tar --state north.state \
        --predictions-out predictions.tar model1.tar
      fm-compress -q --filter zstd < model1.tar > model1.tar.zst
      """)
    for archive in [
      "all.tar", "sites/north.tar", "model.tar", "north.state", "north.tar.gz", "model1.tar",
      "model1.tar.zst", "report.tar", "test.tar", "predictions.tar",
    ] {
      let names = try shell.succeed("tar tf \(archive)").split(separator: "\n")
      #expect(names.first == "manifest.json")
      // The manifest has the checksum of every member.
      let listed = try shell.succeed(
        "tar xOf \(archive) manifest.json | jq -r '.members[] | .name + \" \" + .sha256'")
      #expect(listed.split(separator: "\n").count == names.count - 1)
      for line in listed.split(separator: "\n") {
        let parts = line.split(separator: " ")
        let sum = try shell.succeed("tar xOf \(archive) '\(parts[0])' | sha256sum | cut -c-64")
        #expect(sum == "\(parts[1])\n")
      }
      // The manifest has the layout of jq, except for the spelling of numbers.
      let layout = try shell.succeed(
        "tar xOf \(archive) manifest.json > m; jq . m | sed 's/[0-9.e-]*//g' > n; sed 's/[0-9.e-]*//g' m | cmp - n"
      )
      #expect(layout.isEmpty)
    }
    let check = try shell.succeed(
      "fm-eval check all.tar sites/*.tar *.state *.tar.gz model1.tar*")
    let rows = check.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows.count == 13)
    // Compression does not change the identity of an archive, but a lossy codec does.
    let identity = Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), String($0[5])) })
    #expect(identity["model1.tar"] != identity["model1.tar.zst"])
    let sum = try shell.succeed("tar xOf model1.tar manifest.json | sha256sum | cut -c-64")
    #expect(identity["model1.tar"].map { "\($0)\n" } == sum)
    // A global model can be traced to the updates in it.
    let inputs = try shell.succeed(
      "tar xOf model1.tar manifest.json | jq -r '.inputs[] | .site + \" \" + .identity'")
    let expected = ["east", "north", "south"].map { "\($0) \(identity["\($0).tar.gz"] ?? "")\n" }
    #expect(inputs == expected.joined())
    // Before the end of the run, only counts leave the site.
    #expect(
      try shell.succeed("head -n 1 counts.tsv")
        == "site\tround\tsplit\tpredictor\tsamples\tcorrect\n")
    #expect(
      try shell.succeed(
        "tar xOf report.tar metrics.json | jq -c '[keys_unsorted[]], (.ensemble | keys)'")
        == "[\"split\",\"total\",\"minCount\",\"ensemble\"]\n[\"correct\"]\n")
    #expect(try shell.succeed("wc -l < scores.tsv") == "4\n")
  }

  @Test func pipesGiveTheSameResultsAsFiles() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      \(Shell.importCommand) | fm-partition -q --scheme column --column clinic --seed 1 -o piped -
      cmp sites/north.tar piped/north.tar
      fm-train-local -q --features sites/north.tar --state-out a model.tar > u1.tar
      fm-train-local -q --features sites/north.tar --state-out b - < model.tar -o u2.tar
      cmp u1.tar u2.tar && cmp a b
      fm-train-local -q --features sites/north.tar --state-out a --log /dev/null -o /dev/null model.tar
      cmp a b
      fm-train-local -q --features sites/east.tar --state-out c < model.tar > u3.tar
      fm-aggregate u1.tar u3.tar > m1.tar
      fm-aggregate u3.tar - < u1.tar > m2.tar
      mkfifo pipe && { cat u3.tar > pipe & fm-aggregate pipe u1.tar > m3.tar; }
      cmp m1.tar m2.tar && cmp m1.tar m3.tar
      fm-eval score --features sites/north.tar --state a m1.tar > e1
      fm-eval score --features - --state a m1.tar < sites/north.tar > e2
      cat m1.tar | fm-eval score --features sites/north.tar --state a > e3
      cmp e1 e2 && cmp e1 e3
      tar xOf all.tar manifest.json | fm-aggregate --init --spec - --hidden 8 --batch-size 8 \
        --seed 1 | cmp - model.tar
      """)
  }

  /// The state may be read from one file and written to another, or replaced.
  @Test func repeatedRoundGivesTheSameBytes() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      fm-train-local -q --features sites/north.tar --state s model.tar -o u1.tar && cp s s1
      fm-train-local -q --features sites/north.tar --state s model.tar -o u2.tar
      cmp u1.tar u2.tar && cmp s s1
      fm-aggregate u1.tar > m1.tar
      fm-train-local -q --features sites/north.tar --state s --state-out s2 m1.tar > u3.tar
      cmp s s1
      fm-train-local -q --features sites/north.tar --state s m1.tar > u4.tar
      cmp s s2 && cmp u3.tar u4.tar
      """)
    try shell.fail(
      "fm-train-local --features sites/north.tar --state s model.tar", 65,
      "the state is from a later round (2)")
    try shell.succeed("cmp s s2")
  }

  @Test func predictsUnlabeledFeatures() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      fm-extract --import -q --features features.npy --text text.npy --classes classes.txt \
        --table samples.tsv --encoder made-up -o new.tar
      """)
    let table = try shell.succeed("fm-eval predict --features new.tar model.tar")
    let rows = table.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows[0] == ["sample", "class", "p_one", "p_two", "p_three"])
    #expect(rows.count == 91)
    let classes = ["one", "two", "three"]
    for (index, row) in rows.dropFirst().enumerated() {
      #expect(row[0] == "s\(index)")
      let p = row[2...].compactMap { Double($0) }
      #expect(abs(p.reduce(0, +) - 1) < 1e-5)
      #expect(classes[p.firstIndex(of: p.max() ?? 0) ?? 0] == row[1])
    }
    // Known labels are in the table, which can be scored like a table of any program.
    try shell.succeed(
      """
      fm-eval predict --features sites/east.tar model.tar > p.tsv
      fm-eval score p.tsv > of-table; fm-eval predict --features sites/east.tar --predictions-out p.tar model.tar
      fm-eval score p.tar > of-archive
      """)
    #expect(try shell.succeed("head -n 1 p.tsv | cut -f 1-4") == "sample\tclass\tlabel\tp_one\n")
    for score in ["accuracy", "macro_f1"] {
      let values = try shell.succeed(
        "awk -v s=\(score) '$2 == s && $3 == \"NA\" { print $4 }' of-table of-archive | sort -u | wc -l"
      )
      #expect(values == "1\n", "\(score)")
    }
    let lines = try shell.succeed(
      "fm-eval predict --format jsonl --features new.tar model.tar | jq -c .class | wc -l")
    #expect(lines == "90\n")
    let json = try shell.succeed(
      "fm-eval predict --format json --features new.tar model.tar | jq '.predictions | length'")
    #expect(json == "90\n")
    try shell.fail("fm-eval score --features new.tar model.tar", 65, "has no labels")
    // New samples have no site name, but can be predicted with a site's state.
    try shell.succeed(
      """
      fm-train-local -q --features sites/north.tar --state north model.tar > u.tar
      fm-aggregate u.tar > m1.tar
      fm-eval predict --features new.tar --state north m1.tar > both
      fm-eval predict --features new.tar m1.tar > alone
      ! cmp -s both alone
      """)
  }

  /// The table gets two more columns.
  @Test func partitionsTables() throws {
    try shell.makeRun()
    let outcome = try shell.run(
      "fm-partition --scheme column --column clinic --seed 1 < samples.tsv")
    #expect(outcome.status == 0)
    let rows = outcome.text.split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
    #expect(rows[0] == ["sample", "label", "clinic", "patient", "fm_site", "fm_split"])
    #expect(rows.count == 91)
    #expect(rows.dropFirst().allSatisfy { $0[2] == $0[4] })
    // The partition equals that of the archive.
    let split = try shell.succeed("tar xOf sites/north.tar split.txt")
    let ours = rows.dropFirst().filter { $0[4] == "north" }.map { $0[5] + "\n" }
    #expect(split == ours.joined())
    #expect(outcome.errors.hasPrefix("site\tclass\ttrain\tvalidation\ttest\ttotal\neast\tone\t"))
    // A second partition replaces the columns.
    try shell.succeed(
      """
      fm-partition -q --scheme iid --sites 3 --group patient samples.tsv -o a.tsv
      fm-partition -q --scheme iid --sites 3 --group patient a.tsv -o b.tsv
      cmp a.tsv b.tsv
      """)
  }

  @Test func printsHelpAndVersionToStandardOutput() throws {
    for tool in ["partition", "extract", "train-local", "aggregate", "compress", "eval"] {
      #expect(try shell.succeed("fm-\(tool) --version") == "fm-\(tool) 0.1.0\n")
      let help = try shell.succeed("fm-\(tool) --help")
      #expect(help.contains("USAGE: fm-\(tool)"))
      #expect(try shell.succeed("fm-\(tool) -h") == help)
    }
  }

  @Test func givesTheSameBytesForAnyNumberOfThreads() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      fm-partition -q --scheme whole --site a -o one all.tar
      fm-aggregate --init --like one/a.tar --hidden 300 --local-epochs 2 > model.tar
      for j in 1 2 4; do
        fm-train-local -q -j $j --features one/a.tar --state-out state$j model.tar > update$j
      done
      for j in 2 4; do cmp update1 update$j; cmp state1 state$j; done
      """)
    try shell.fail(
      "fm-train-local -j 0 --features one/a.tar --state-out s model.tar", 64, "--threads")
  }
}
