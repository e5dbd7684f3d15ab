import Foundation
import Testing

/// Runs with differential privacy: what sites release, what it costs, and where the cost is shown.
struct LedgerTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
    try shell.succeed(
      """
      fm-aggregate --init --method gaussian --dp 3 --delta 1e-3 --like all.tar -o first.tar
      fm-aggregate --init --method gaussian --dp 3 --delta 1e-3 --seed 2 --like all.tar -o second.tar
      cat > train <<'END'
      #!/bin/sh
      model=$1
      shift
      fm-train-local -q --features sites/north.tar --state north.st "$@" $model
      END
      chmod +x train
      """)
  }

  func charges() throws -> String {
    try shell.succeed(
      "jq -c '[.charges[] | [.site, .round, .unit, (.epsilon * 1000 | round)]], (.spent * 100 | round)' sites/north.tar.ledger/ledger.json"
    )
  }

  @Test func aRepeatedRoundSendsTheSameBytesAndCostsNothing() throws {
    try shell.succeed(
      """
      set -e
      ./train first.tar --log one.tsv > one.up
      cp north.st one.st
      rm north.st
      ./train first.tar --log two.tsv > two.up
      cmp one.up two.up
      cmp one.st north.st
      cmp one.tsv two.tsv
      # Also if a lossless compression changed the model's file, but not its identity.
      gzip < first.tar > first.tar.gz
      ./train first.tar.gz | cmp - one.up
      """)
    #expect(try charges() == "[[\"north\",1,\"sample\",3000]]\n300\n")
    #expect(
      try shell.succeed("tar xOf one.up manifest.json | jq -c '.privacy.noise, .samples > 0'")
        == "1\ntrue\n")
    // Noise does not depend on the seed of the run: another ledger gives another update.
    try shell.succeed("! ./train first.tar --ledger other | cmp -s - one.up")
    #expect(try shell.succeed("stat -c %a sites/north.tar.ledger") == "700\n")
  }

  @Test func theBudgetCountsAllRuns() throws {
    let described = try shell.run(
      "fm-train-local -v --features sites/east.tar --state east.st first.tar")
    #expect(described.errors.contains("times the sensitivity (analytic Gaussian mechanism: 1."))
    try shell.succeed("./train first.tar --budget 3 > one.up; cp north.st kept.st; rm north.st")
    try shell.fail(
      "./train second.tar --budget 4 -o two.up", 77,
      "the round would raise epsilon from 3.0000 to 4.")
    try shell.succeed("test ! -e two.up && test ! -e north.st")
    // Repeating a round that was released is always allowed.
    try shell.succeed("./train first.tar --budget 0.1 | cmp - one.up")
    try shell.succeed("rm north.st; ./train second.tar --budget 5 > two.up")
    let spent = try #require(Int(charges().split(separator: "\n").last ?? ""))
    #expect((420...480).contains(spent))
  }

  @Test func aRoundThatWasInterruptedBeforeItsChargeStartsAgain() throws {
    try shell.succeed(
      """
      set -e
      flock lock true
      mkdir new
      ! ./train second.tar --ledger new --budget .1 2> /dev/null
      cp new/ledger.json empty.json
      ./train first.tar > one.up
      # As if killed after its files were written and before the ledger was.
      cp empty.json sites/north.tar.ledger/ledger.json
      rm north.st
      ./train first.tar > two.up
      ! cmp -s one.up two.up
      """)
    #expect(try charges().hasPrefix("[[\"north\",1"))
  }

  @Test func aReleaseWhoseFilesAreGoneIsNotRepeatedWithNewNoise() throws {
    try shell.succeed(
      "./train first.tar > one.up; for f in sites/north.tar.ledger/*/update.tar; do echo x >> \"$f\"; done"
    )
    try shell.fail("./train first.tar > two.up", 77, "missing or changed, although it was released")
    try shell.succeed("rm sites/north.tar.ledger/*/update.tar")
    try shell.fail("./train first.tar > two.up", 77, "missing or changed")
  }

  @Test func ledgersAreChecked() throws {
    try shell.succeed("./train first.tar > one.up")
    for (edit, reason) in [
      (".charges[0].loss |= map(-.) | .spent = 0", "not the privacy loss of a release"),
      (".charges[0].loss |= .[1:]", "not the privacy loss of a release"),
      (".charges += .charges", "ledger.spent is unknown or has an invalid value"),
      (
        ".charges[0].epsilon = 0.1 | .spent = 0.1",
        "ledger.spent is unknown or has an invalid value"
      ),
      (".charges[0].unit = \"hospital\"", "ledger.json"),
    ] {
      try shell.succeed(
        "jq '\(edit)' sites/north.tar.ledger/ledger.json > l; mkdir -p bad; cp l bad/ledger.json")
      try shell.fail("./train second.tar --ledger bad", 65, reason)
    }
    try shell.fail(
      "flock bad/lock ./train second.tar --ledger bad", 75, "in use by another process")
    try shell.fail("./train second.tar --ledger no/such", 73, "no such folder")
    try shell.fail("./train second.tar --budget 0", 64, "--budget must be above 0")
    try shell.fail(
      "fm-train-local --features - --state x.st second.tar < sites/north.tar", 64, "--ledger")
  }

  @Test func aLostLedgerIsNotANewOne() throws {
    try shell.succeed(
      "mkdir sites/north.tar.ledger; touch sites/north.tar.ledger/.ledger.json.aB3dE9; ./train first.tar > one.up; rm sites/north.tar.ledger/ledger.json"
    )
    try shell.fail(
      "./train second.tar -o two.up", 77, "missing, although the folder has files of releases")
  }

  @Test func aRunWithoutNoiseIsRefusedIfItShouldBeLimited() throws {
    try shell.succeed("fm-aggregate --init --method gaussian --like all.tar -o plain.tar")
    for option in ["--budget 3", "--ledger l"] {
      try shell.fail(
        "./train plain.tar \(option) -o x.up", 77, "the run adds no noise, although --budget")
    }
    try shell.succeed("test ! -e x.up")
  }

  @Test func anUpdateWithAPartOfTheNoiseIsNotSentAlone() throws {
    try shell.succeed(
      """
      for site in north east south; do
        fm-train-local keys -q --secrets s.$site --features sites/$site.tar --rounds 1 -o $site.keys first.tar
      done
      fm-aggregate sites -q -o sites.list *.keys
      ./train first.tar --share-noise sites.list > one.up
      """)
    #expect(
      try shell.succeed("tar xOf one.up manifest.json | jq .privacy.noise") == "0.5\n")
    try shell.fail(
      "./train first.tar -o two.up", 77, "the round was released for another list of sites before")
    try shell.succeed("./train first.tar --share-noise sites.list | cmp - one.up")
    // In a second run, or with fewer sites, the difference of both sums would be one update.
    try shell.succeed(
      """
      for site in north east south; do
        fm-train-local keys -q --secrets t.$site --features sites/$site.tar --rounds 1 -o $site.keys first.tar
      done
      fm-aggregate sites -q -o again.list *.keys
      """)
    try shell.fail(
      "./train first.tar --share-noise again.list -o two.up", 77, "for another list of sites before"
    )
  }

  @Test func anOldModelDoesNotRollTheStateBack() throws {
    try shell.succeed(
      """
      set -e
      fm-aggregate --init --method linear --dp 3 --delta 1e-3 --dp-rounds 2 --dp-samples 60 --like all.tar -o m0.tar
      ./train m0.tar > up
      cp north.st one.st
      fm-aggregate -q -o m1.tar up
      ./train m1.tar > /dev/null
      cp north.st two.st
      """)
    try shell.fail("./train m0.tar -o x.up", 65, "the state is from a later round (2)")
    try shell.succeed("cmp north.st two.st; ./train m1.tar > /dev/null; cmp north.st two.st")
    try shell.fail(
      "fm-eval score --features sites/north.tar --state north.st --split validation --report-out r.tar m1.tar",
      77, "only test samples can be reported on")
    try shell.fail(
      "fm-eval score --features sites/north.tar --state north.st --split all --report-out r.tar m1.tar",
      77, "only test samples can be reported on")
  }

  @Test func patientsAreAColumn() throws {
    try shell.succeed(
      "fm-aggregate --init --method gaussian --dp 3 --delta 1e-3 --dp-unit patient --like all.tar -o patients.tar"
    )
    try shell.fail(
      "./train patients.tar --patient person", 65, "no column 'person'")
    try shell.succeed("./train patients.tar --patient sample > one.up")
    #expect(try charges().contains("\"patient\""))
    try shell.succeed("rm north.st")
    try shell.fail(
      "./train first.tar", 77, "the ledger protects each patient, the run protects each sample")
  }

  @Test func aFederationShowsWhatItSpent() throws {
    try shell.succeed(
      """
      set -e
      fm-federate -q --method gaussian --dp 3 --delta 1e-3 --budget 3 --min-count 1 --run r sites
      fm-federate -q --method gaussian --dp 3 --delta 1e-3 --budget 3 --min-count 1 --run r sites
      test ! -e r/rounds.tsv
      test -z "$(ls r/rounds/001/reports)"
      """)
    let status = try shell.succeed("fm-federate --status r | grep ^epsilon")
    #expect(status.split(separator: "\n").count == 3)
    #expect(status.contains("epsilon\t1\tnorth\t3.0000\tNA"))
    #expect(!(try shell.succeed("fm-federate --status r")).contains("missed"))
    #expect(try shell.succeed("head -n 2 r/table.tsv").contains("\tepsilon\n"))
    let page = try shell.succeed("fm-eval report --html page.html r; cat page.html")
    #expect(page.contains("differential privacy with ε = 3.00 and δ = 0.001"))
    let refused = try shell.run(
      "fm-federate -q --method gaussian --dp 3 --delta 1e-3 --seed 2 --budget 3 --run s sites")
    #expect(refused.status == 75)
    #expect(refused.lines.count { $0.contains("the budget is 3.0000") } == 3)
    try shell.fail(
      "fm-federate -q --method gaussian --budget 3 --run t sites", 64, "require --dp")
    let batch = try shell.run("fm-federate -q --dp 3 --run t sites")
    #expect(batch.status == 64 && batch.errors.contains("requires the contrast classes"))
    let none = try shell.run("fm-federate -q --method zero-shot --dp 3 --run u sites")
    #expect(none.status == 64 && none.errors.contains("--dp has no effect with --method zero-shot"))
  }
}
