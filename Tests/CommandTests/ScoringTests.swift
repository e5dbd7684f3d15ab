import Foundation
import Testing

/// Scores, comparisons and calibration by fm-eval.
struct ScoringTests {
  let shell: Shell

  init() throws { shell = try Shell() }

  /// Archives and tables of any program can be scored; requirements determine the exit code.
  @Test func scoresPredictions() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      fm-train-local -q --features sites/north.tar --state s model.tar -o u.tar
      fm-aggregate -q u.tar > m1.tar
      fm-eval predict -q --features sites/north.tar --state s --split all --predictions-out p.tar m1.tar
      fm-eval score -q --features sites/north.tar --state s --split all m1.tar -o scores.tsv
      fm-eval score p.tar > long.tsv; gzip < p.tar | fm-eval score | cmp - long.tsv
      """)
    #expect(try shell.succeed("cut -f 1 long.tsv | sort -u") == "ensemble\nfam\nmlp\npredictor\n")
    // Both tables have the same scores.
    for predictor in ["fam", "mlp", "ensemble"] {
      let short = try shell.succeed(
        "awk -F '\t' '$4 == \"\(predictor)\" { print $7, $8, $9 }' scores.tsv")
      let long = try shell.succeed(
        """
        for m in accuracy balanced_accuracy macro_f1; do
          awk -F '\t' -v m=$m '$1 == "\(predictor)" && $2 == m && $3 == "NA" { printf "%.6f\\n", $4 }' long.tsv
        done | paste -s -d ' '
        """)
      #expect(short == long)
    }
    try shell.write(
      "t.tsv", "id\tp_sick\tlabel\tp_well\n1\t.9\tsick\t.1\n2\t.2\twell\t.8\n3\t.6\twell\t.4\n")
    let accuracy = try shell.succeed(
      "fm-eval score --format jsonl t.tsv | jq -c 'select(.metric == \"accuracy\") | .value'")
    #expect(accuracy == "0.666666667\n")
    try shell.succeed("fm-eval score --require 'accuracy>=.6' --require 'macro_auc >= 1' t.tsv")
    let outcome = try shell.run("fm-eval score --require 'accuracy>=.7' t.tsv")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "fm-eval: t.tsv: accuracy is 0.666667, required: accuracy>=.7\n")
    #expect(outcome.text.contains("accuracy"))
    try shell.succeed(
      """
      fm-eval score --bootstrap 200 --seed 1 p.tar > a; fm-eval score --bootstrap 200 --seed 1 p.tar | cmp - a
      ! fm-eval score --bootstrap 200 --seed 2 p.tar | cmp -s - a
      awk -F '\t' '$2 == "accuracy" && !($5 <= $4 && $4 <= $6) { exit 1 }' a
      fm-eval score --bootstrap 50 --group id t.tsv > b; fm-eval score --against p.tar p.tar > same
      awk -F '\t' 'NR > 1 && ($6 != 0 || $9 != 1 || $10 != 1) { exit 1 }' same
      """)
    try shell.fail(
      "fm-eval score --against t.tsv p.tar", 65, "t.tsv: samples, labels or classes differ")
    try shell.fail("fm-eval score --bootstrap 9 --group none t.tsv", 65, "no column 'none'")
    try shell.fail("fm-eval score --require 'nonsense>=.7' t.tsv", 64, "unknown score 'nonsense'")
    for call in [
      "score --require x t.tsv", "check --require 'a>=1' p.tar", "score --bins 0 t.tsv",
      "score a b",
      "show roc --bins 3 t.tsv", "show t.tsv", "frob", "",
    ] {
      #expect(try shell.run("fm-eval \(call)").status == 64)
    }
    try shell.write("bad.tsv", "label\tp_a\tp_b\na\t.5\t.6\n")
    try shell.fail(
      "fm-eval score bad.tsv", 65, "sample 1: the probabilities sum to 1.1, expected 1")
    try shell.write("bad.tsv", "label\tp_a\tp_b\nc\t.5\t.5\n")
    try shell.fail("fm-eval score bad.tsv", 65, "line 2: unknown class 'c' (known: a, b)")
    try shell.fail("fm-eval score sites/north.tar", 65, "expected predictions")
    try shell.write("empty.tsv", "label\tp_a\tp_b\n")
    try shell.fail("fm-eval score empty.tsv", 65, "no samples")
  }

  private func makePredictions() throws {
    try shell.makeRun()
    try shell.succeed(
      """
      fm-train-local -q --features sites/north.tar --state s model.tar -o u.tar
      fm-aggregate -q u.tar > m1.tar
      fm-eval predict -q --features sites/north.tar --state s --split all --predictions-out p.tar m1.tar > /dev/null
      fm-eval predict -q --features sites/north.tar --split all --predictions-out q.tar m1.tar > /dev/null
      """)
  }

  /// The views give the same numbers as the scores.
  @Test func viewsAgreeWithScores() throws {
    try makePredictions()
    try shell.succeed(
      """
      fm-eval score --at-specificity .8 --at-sensitivity .9 p.tar > scores
      for view in confusion reliability roc decision; do
        fm-eval show $view p.tar > $view
      done
      """)
    func value(_ script: String) throws -> Double {
      try #require(Double(shell.succeed(script).trimmingCharacters(in: .whitespacesAndNewlines)))
    }
    func score(_ name: String) throws -> Double {
      try value(
        "awk -F '\t' '$1 == \"ensemble\" && $2 == \"\(name)\" && $3 == \"NA\" { print $4 }' scores")
    }
    let hits = try value(
      "awk -F '\t' '$1 == \"ensemble\" { n += $4; if ($2 == $3) k += $4 } END { print k / n }' confusion"
    )
    #expect(abs(hits - (try score("accuracy"))) < 1e-5)
    let error = try value(
      """
      awk -F '\t' '$1 == "ensemble" { d = $5 - $6; n += $4; e += $4 * (d < 0 ? -d : d) } END { print e / n }' reliability
      """)
    #expect(abs(error - (try score("ece"))) < 1e-5)
    // The mean over classes of the area under the printed points, by trapezoids.
    let area = try value(
      """
      awk -F '\t' '$1 == "ensemble" {
        if (c == $2) a += (x - $5) * (y + $4) / 2; else n++
        c = $2; y = $4; x = $5 } END { print a / n }' roc
      """)
    #expect(abs(area - (try score("macro_auc"))) < 1e-4)
    #expect(try shell.succeed("cut -f 2 decision | sort | uniq -c | wc -l") == "4\n")
    let known = try shell.succeed(
      "awk -F '\t' '$2 ~ /_at_/ { print $2 }' scores | sort | uniq -c | sed 's/^ *//'")
    #expect(known == "9 sensitivity_at_specificity\n9 specificity_at_sensitivity\n")
    for call in [
      "--show roc --require 'accuracy>0'", "--show roc --bins 3", "--show none",
      "--at-specificity 2", "--show confusion --bootstrap 9",
    ] {
      #expect(try shell.run("fm-eval score \(call) p.tar").status == 64, "\(call)")
    }
  }

  /// Compares several pairs, resamples groups from another table, and refuses what does not match.
  @Test func comparesPredictionsOfSeveralSites() throws {
    try makePredictions()
    try shell.succeed(
      """
      fm-eval score --against q.tar p.tar > one
      fm-eval score --against q.tar --against q.tar p.tar p.tar > two
      awk -F '\t' 'NR == FNR { p[$2, $3] = $9; n[$2]++; next }
        FNR > 1 && $2 == "accuracy" && ($9 != p[$2, $3] || $10 < $9 || $10 > 2 * $9 + 1e-5 && $10 != 1) { exit 1 }' one two
      fm-eval score --against q.tar --bootstrap 100 p.tar > drawn
      awk -F '\t' 'NR > 1 && $3 == "NA" && !($7 <= $6 + 1e-9 && $6 <= $8 + 1e-9) { n++ } END { exit n > 2 }' drawn
      tar xOf sites/north.tar samples.tsv > t.tsv
      fm-eval score --bootstrap 100 --group label --samples t.tsv p.tar > grouped
      """)
    #expect(try shell.succeed("cut -f 2 drawn | sort -u | grep -c .") == "20\n")
    #expect(try shell.succeed("awk 'NR > 1 { print $1 }' one | sort -u") == "north\n")
    try shell.fail("fm-eval score --group label --bootstrap 9 p.tar", 64, "no columns to group by")
    try shell.fail(
      "head -n 5 t.tsv > u.tsv; fm-eval score --group label --samples u.tsv --bootstrap 9 p.tar",
      65,
      "is not in u.tsv")
    try shell.fail(
      "fm-eval score --against q.tar p.tar p.tar", 64, "1 --against for 2 sets of predictions")
    try shell.fail(
      "fm-eval score --against q.tar --bins 3 p.tar", 64, "--against cannot be combined with")
  }

  /// A specificity that is met exactly counts; scores that two samples do not define are missing;
  /// tables without names are compared by their order; a byte order mark is ignored.
  @Test func readsUnusualTables() throws {
    let rows =
      (0..<100).map { "neg\t\($0 < 7 ? ".05" : ".9")\t\($0 < 7 ? ".95" : ".1")" }
      + (0..<10).map { "pos\t\($0 < 8 ? ".2" : ".99")\t\($0 < 8 ? ".8" : ".01")" }
    try shell.write("s.tsv", "\u{FEFF}label\tp_neg\tp_pos\n" + rows.joined(separator: "\n"))
    let found = try shell.succeed(
      "fm-eval score --at-specificity .93 s.tsv | awk '$2 ~ /_at_/ && $3 == \"pos\" { print $4 }'"
    )
    #expect(found == "0.800000000\n")
    try shell.write("a.tsv", "p_a\tp_b\tlabel\n.9\t.1\ta\n.2\t.8\tb\n")
    try shell.write("b.tsv", "p_a\tp_b\tlabel\n.1\t.9\ta\n.8\t.2\tb\n")
    #expect(
      try shell.succeed("fm-eval score --against b.tsv a.tsv | cut -f 2") == "metric\naccuracy\n")
    let one = try shell.succeed("fm-eval score a.tsv | grep -P '\tauc\t' | cut -f 4-6")
    #expect(one == "1.000000000\tNA\tNA\n1.000000000\tNA\tNA\n")
    try shell.write("c.tsv", "label\tp_a\tp_b\na\t.9\t.1\n")
    #expect(
      try shell.succeed("fm-eval score c.tsv | awk '$2 == \"macro_specificity\" { print $4 }'")
        == "NA\n")
    try shell.write("g.tsv", "id\tpatient\n1\tx\n1\ty\n")
    try shell.fail(
      "fm-eval score --bootstrap 5 --group patient --samples g.tsv s.tsv", 65,
      "line 3: duplicate sample '1'")
    let bar = try shell.run("fm-eval score --bootstrap 20 --progress always s.tsv > /dev/null")
    #expect(bar.errors.contains("resampling"))
  }

  @Test func smallProbabilitiesKeepTheirDigits() throws {
    let good = (0..<60).map { $0 % 2 == 0 ? "a\t.9\t.1" : "b\t.1\t.9" }
    let bad = (0..<60).map { $0 % 2 == 0 ? "a\t.1\t.9" : "b\t.9\t.1" }
    try shell.write("good.tsv", "label\tp_a\tp_b\n" + good.joined(separator: "\n"))
    try shell.write("bad.tsv", "label\tp_a\tp_b\n" + bad.joined(separator: "\n"))
    let p = try shell.succeed(
      "fm-eval score --against bad.tsv good.tsv | awk '$2 == \"accuracy\" { print $9 }'")
    // The expected probability is 2 · 2⁻⁶⁰.
    let value = try #require(Double(p.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(abs(value * 0x1p59 - 1) < 1e-6)
  }

  /// Errors name the line.
  @Test(arguments: [
    ("label\tp_a\tp_b\na\t.5\t.5\tx\n", "line 2: 4 cells"),
    ("label\tp_a\tp_b\na\t.5\tnan\n", "sample 1: nan is not a probability"),
    ("label\tp_a\tp_b\na\t1.5\t-.5\n", "is not a probability"),
    ("label\tp_a\tp_b\na\t.5\tx\n", "line 2: 'x' is not a number"),
    ("label\tp_a\tp_a\na\t.5\t.5\n", "line 1: duplicate column 'p_a'"),
    ("label\tp_a\na\t1\n", "neither a prediction archive nor a table"),
    ("p_a\tp_b\n.5\t.5\n", "neither a prediction archive nor a table"),
    ("", "no header"),
  ])
  func refusesMalformedTables(text: String, reason: String) throws {
    try shell.write("t.tsv", text)
    try shell.fail("fm-eval score t.tsv", 65, reason)
  }

  /// A single sample, a class without samples, and ties are not errors.
  @Test func scoresSmallTables() throws {
    try shell.write("one.tsv", "label\tp_a\tp_b\tp_c\r\nb\t.2\t.5\t.3\r\n")
    let one = try shell.succeed("fm-eval score one.tsv")
    #expect(one.contains("table\taccuracy\tNA\t1.000000000"))
    #expect(one.contains("table\tauc\tb\tNA\tNA\tNA"))
    #expect(one.contains("table\trecall\ta\tNA"))
    try shell.write("ties.tsv", "label\tp_a\tp_b\na\t.5\t.5\nb\t.5\t.5\nb\t.5\t.5")
    let ties = try shell.succeed("fm-eval score ties.tsv")
    #expect(ties.contains("table\tmacro_auc\tNA\t0.500000000"))
    for view in ["confusion", "reliability", "roc", "decision"] {
      try shell.succeed(
        "fm-eval show \(view) one.tsv; fm-eval show \(view) ties.tsv")
    }
  }

  /// The temperature applies to one model, does not change decisions, and is removed by training.
  @Test func storesTheTemperatureInTheState() throws {
    try makePredictions()
    try shell.succeed(
      """
      cp s before
      fm-eval calibrate --features sites/north.tar --state s --state-out c m1.tar > fit
      cmp s before; test "$(stat -c %a c)" = 600
      fm-eval calibrate --features sites/north.tar --state s m1.tar | cmp - fit; cmp s c
      fm-eval check s > /dev/null
      fm-eval score --features sites/north.tar --state before --split all m1.tar > plain
      fm-eval score --features sites/north.tar --state s --split all m1.tar > both
      grep -v calibrated both | cmp - plain
      fm-eval predict -q --features sites/north.tar --state s --split all --predictions-out c.tar m1.tar > /dev/null
      fm-eval score --require 'log_loss<9' c.tar > scores
      fm-eval predict --features sites/north.tar --state s m1.tar > applied
      fm-eval predict --features sites/north.tar --state before m1.tar > raw
      """)
    // The temperature does not increase the log loss on the samples that it was fitted to.
    try shell.succeed("awk -F '\t' 'NR == 2 && !($4 > 0 && $6 <= $5 + .01) { exit 1 }' fit")
    let counts = try shell.succeed(
      "awk -F '\t' '$4 == \"ensemble\" || $4 == \"calibrated\" { print $6, $7 }' both | sort -u | wc -l"
    )
    #expect(counts == "1\n")
    #expect(
      try shell.succeed("cut -f 1 scores | sort -u | tr '\n' ' '")
        == "calibrated ensemble fam mlp predictor ")
    // Predictions have the same classes and other probabilities.
    try shell.succeed(
      "! cmp -s applied raw; cut -f 1,2 applied > a; cut -f 1,2 raw | cmp - a")
    // After training, the state equals one that was never calibrated; another model has no
    // temperature.
    try shell.succeed(
      """
      fm-train-local -q --features sites/north.tar --state s m1.tar > u1
      fm-train-local -q --features sites/north.tar --state before m1.tar | cmp - u1; cmp s before
      fm-eval score --features sites/north.tar --state c model.tar 2> /dev/null | grep -c calibrated > n || true
      test "$(cat n)" = 0
      """)
    for (call, status) in [
      ("calibrate --features sites/north.tar m1.tar", 64),
      ("calibrate --features sites/north.tar --state c --split test m1.tar", 64),
      ("score --features sites/north.tar --state c --state-out d m1.tar", 64),
      ("calibrate --features sites/north.tar --state c model.tar", 65),
      ("calibrate --features all.tar --state c m1.tar", 65),
      ("calibrate --features sites/north.tar --state c --state-out m1.tar m1.tar", 64),
    ] as [(String, Int32)] {
      #expect(try shell.run("fm-eval \(call) -q").status == status, "\(call)")
    }
  }

  /// Noise of 0 changes nothing; other noise depends on the seed.
  @Test func addsNoise() throws {
    try makePredictions()
    try shell.succeed(
      """
      fm-eval score --features sites/north.tar --state s --split all m1.tar > plain
      fm-eval score --features sites/north.tar --state s --split all --noise 0,.5,50 m1.tar > noisy
      awk -F '\t' '$1 == "0"' noisy | cut -f 2- | sort -u > a; tail -n +2 plain | sort | cmp - a
      fm-eval score --features sites/north.tar --state s --split all --noise 0,.5,50 --seed 0 m1.tar | cmp - noisy
      ! fm-eval score --features sites/north.tar --state s --split all --noise 0,.5,50 --seed 1 m1.tar | cmp -s - noisy
      """)
    #expect(
      try shell.succeed("cut -f 1 noisy | uniq | tr '\n' ' '") == "noise 0 0.5 50 ")
    for call in ["--noise x", "--noise .1,", "--noise -1", "--predictions-out p", "--seed 3"] {
      let status = try shell.run("fm-eval score --features sites/north.tar \(call) m1.tar").status
      #expect(status == 64, "\(call)")
    }
  }

  /// A report's draws are of patients if the features name them; invalid combinations are refused.
  @Test func reportsDrawPatientsWhereTheyAreKnown() throws {
    try shell.makeRun(180)
    try shell.succeed(
      """
      cut -f 1-3 samples.tsv > plain.tsv
      \(Shell.importCommand.replacing("samples.tsv", with: "plain.tsv")) -o plain.tar
      fm-partition -q --scheme column --column clinic --seed 1 -o plain plain.tar
      score() {
        features=$1
        shift
        fm-eval score --features $features --split all --bootstrap 50 "$@" --report-out r.tar model.tar > printed
        tar xOf r.tar manifest.json | jq -c '.draws | [.count, .units, .group, .predictors]'
      }
      score sites/north.tar --baselines > draws
      tail -n +2 printed | cut -f 4,5 | paste -s -d ' ' > rows
      score plain/north.tar >> draws
      score sites/north.tar --group label --min-count 1 >> draws
      fm-eval check r.tar > /dev/null
      """)
    // Two samples in a row are of one patient; three groups are too few.
    #expect(
      try shell.succeed("cat draws")
        == """
        [50,30,"patient",["majority","alone","fam","ensemble"]]
        [50,60,null,["fam","ensemble"]]
        [null,null,null,null]

        """)
    #expect(
      try shell.succeed("cat rows") == "majority\t60 alone\t60 fam\t60 ensemble\t60\n")
    try shell.fail(
      "fm-eval score --features sites/north.tar --bootstrap 9 --group lesion --report-out r.tar model.tar",
      65, "lesion")
    for options in [
      "--bootstrap 9", "--bootstrap 9 --seed 1 --report-out r.tar", "--group x --report-out r.tar",
      "--bootstrap 10001 --report-out r.tar", "--bootstrap 9 --samples t.tsv --report-out r.tar",
      "--split validation --bootstrap 9 --report-out r.tar",
    ] {
      #expect(
        try shell.run("fm-eval score --features sites/north.tar \(options) model.tar").status == 64,
        "\(options)")
    }
  }
}
