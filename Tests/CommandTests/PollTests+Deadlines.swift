import Foundation
import Testing

extension PollTests {
  /// Neither an invalid `since` nor one in the future keeps a deadline from passing.
  @Test(arguments: ["9999999999", "99999999999999999999999999", "x", "", "-5", "1e9"])
  func deadlinePassesDespiteAnInvalidTime(since: String) throws {
    let serve = "\(serve) --deadline 1 --min-sites 2"
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); \(poll("south"))")
    try shell.succeed(
      "sed -i 's/^since.*/since\t\(since)/' served/wanted; \(serve) || true; sleep 1.1")
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("test -e served/rounds/001/model.tar.gz")
  }

  /// The run does not wait for the site beyond the deadline, and later calls do nothing.
  @Test func finishesWithoutASiteAfterTheDeadline() throws {
    let serve = "\(serve) --deadline 60 --min-sites 2"
    for _ in 0..<3 {
      #expect(try shell.run(serve).status == 75)
      try shell.succeed("for site in north east south; do \(poll("$site")); done")
    }
    // East sends neither the report on the last round nor the test report.
    for _ in 0..<2 {
      #expect(try shell.run(serve).status == 75)
      try shell.succeed("\(poll("north")); \(poll("south"))")
      try shell.succeed("sed -i 's/^since.*/since\t1000/' served/wanted")
    }
    let end = try shell.run(serve)
    #expect(end.status == 75 && end.errors.contains("could not be tested: east"))
    #expect(try shell.succeed("cut -f 1 served/table.tsv") == "site\nnorth\nsouth\nAVG\n")
    let again = try shell.run(serve)
    #expect(again.status == 0 && again.errors.isEmpty && again.output.isEmpty)
    try shell.succeed(poll("east"))
    // A new run in the same folder makes new requests.
    try shell.succeed("rm -r served data/*; sleep 1")
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); test -e served/exchange/north/answer/update.tar.gz")
  }

  /// With a deadline of 0, the server does not wait for the other sites.
  @Test func aggregatesOnceEnoughSitesHaveAnswered() throws {
    let serve = "\(serve) --deadline 0 --min-sites 2"
    #expect(try shell.run(serve).status == 75)
    try shell.succeed(poll("south"))
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("test ! -e served/rounds/001/model.tar.gz; \(poll("north"))")
    #expect(try shell.run(serve).status == 75)
    #expect(
      try shell.succeed("grep accepted served/rounds/001/audit.tsv | cut -f 3") == "north\nsouth\n")
  }

  /// Global may be the only site that is missing.
  @Test func waitsForGlobalAtTheTest() throws {
    try shell.succeed(
      "fm-partition -q --scheme iid --sites 2 --stratify --holdout-fraction .2 --seed 1 -o held all.tar"
    )
    let serve = serve.replacing("north east south", with: "site1 site2 global")
      .replacing("--rounds 3", with: "--rounds 1")
    for visit in 0..<3 {
      #expect(try shell.run(serve).status == 75)
      let all = visit < 2 ? "site1 site2 global" : "site1 site2"
      try shell.succeed(
        "for site in \(all); do \(poll("$site").replacing("sites/", with: "held/")); done")
    }
    let waiting = try shell.run(serve.replacing(" -q", with: ""))
    #expect(waiting.status == 75 && waiting.errors.contains("waiting for global: test"))
    try shell.succeed(poll("global").replacing("sites/", with: "held/"))
    #expect(try shell.run(serve).status == 0)
    #expect(try shell.succeed("cut -f 1 served/table.tsv") == "site\nsite1\nsite2\nGlobal\nAVG\n")
  }

  /// No part of the server's request is executed or used as a path.
  @Test func doesNotTrustTheRequest() throws {
    #expect(try shell.run(serve).status == 75)
    for (key, value) in [
      ("task", "$(touch bad)"), ("round", "../../x"), ("round", "-1"), ("round", "1 2"),
      ("filter", "tar"), ("codec", "x; touch bad"), ("task", ""), ("round", "00"),
      ("task", "\u{1B}[2Jtrain"),
    ] {
      let offer = "served/exchange/north/offer"
      try shell.succeed(
        "cp \(offer)/wanted kept; awk -F '\t' -v OFS='\t' '$1 == \"\(key)\" { $2 = v } 1' v='\(value)' kept > \(offer)/wanted"
      )
      try shell.fail(
        poll("north"), 65, "offer/wanted: \(key == "round" ? "invalid" : "unknown") \(key)")
      #expect(try !shell.run(poll("north")).errors.contains("\u{1B}"))
      try shell.succeed("mv kept \(offer)/wanted; test ! -e bad")
    }
    for call in [
      poll("north", "--transport ftp"), poll("north", "--transport sftp"), poll("north", "x"),
      "fm-poll --server served --state s",
      "fm-federate --run r --launcher wait north", "fm-federate --run r --spec spec.json sites",
      "fm-federate --run r --launcher wait --spec spec.json --deadline x north",
      "fm-federate --run r --deadline 9 sites", "fm-federate --run r --launcher '' sites",
    ] {
      #expect(try shell.run(call).status == 64, "\(call)")
    }
    try shell.fail(
      "fm-federate --run r --launcher wait --spec spec.json ../north south", 65, "invalid site name"
    )
  }

  /// Any command that runs lines can be a launcher.
  @Test func givesTheSameBytesWithAnyLauncher() throws {
    try shell.succeed(
      """
      fm-federate -q --run whole \(Self.options) sites
      fm-federate -q --run other \(Self.options) --launcher 'tac | sh' sites
      diff -r -x fm-federate.lock -x '*.txt' whole other >&2
      """)
    let outcome = try shell.run(
      "fm-federate -q --run none \(Self.options) --launcher 'exit 9' sites")
    #expect(outcome.status == 75 && outcome.errors.contains("round 1: no site sent an update"))
  }
}
