import Foundation
import Testing

/// A server and sites that are called from time to time, without waiting for each other. The
/// results equal those of fm-federate on one machine.
struct PollTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
    try shell.succeed(
      "mkdir data; for s in north east south; do tar xOf sites/$s.tar manifest.json > spec.json; done"
    )
  }

  static let options = "--rounds 3 --seed 3 --hidden 8 --batch-size 8"
  let serve =
    "fm-federate -q --run served \(options) --launcher wait --spec spec.json north east south"
  func poll(_ site: String, _ more: String = "") -> String {
    "fm-poll -q --server served/exchange/\(site) --features sites/\(site).tar --state data/\(site) \(more)"
  }

  /// Creates a key for each site and the server, and the file of allowed signers.
  func makeKeys() throws {
    try shell.succeed(
      """
      for name in north east south server; do
        ssh-keygen -q -t ed25519 -N '' -f key.$name
        printf '%s %s\\n' $name "$(cut -d ' ' -f 1,2 key.$name.pub)" >> signers
      done
      """)
  }

  @Test func pollingGivesTheSameBytes() throws {
    try shell.succeed("fm-federate -q --run whole \(Self.options) --calibrate sites")
    // Calls come early, in any order, and repeatedly.
    #expect(try shell.run(poll("north")).status == 75)
    try shell.fail(
      poll("north"), 75, "served/exchange/north: the folder answer does not exist yet")
    let serve = "\(serve) --calibrate"
    for visit in 0..<6 {
      let outcome = try shell.run("\(serve); \(serve)")
      #expect(outcome.status == (visit == 5 ? 0 : 75), "\(outcome.errors)")
      #expect(outcome.errors.isEmpty)
      for site in visit % 2 == 0 ? ["north", "east", "south"] : ["south", "north", "east"] {
        let outcome = try shell.run("\(poll(site)) && \(poll(site))")
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      }
    }
    try shell.succeed(
      """
      diff -r -x fm-federate.lock -x logs -x settings -x wanted -x sites -x sites.tsv -x exchange -x jobs \
        -x checksums -x received.tsv -x refused whole served >&2
      cmp whole/sites/east/state.tar data/east
      test "$(head -n 1 served/wanted)" = 'task\tdone'
      """)
  }

  /// Forged and unsigned files are refused, and late ones are not waited for.
  @Test func pollsWithSignatures() throws {
    try makeKeys()
    let serve = "\(serve) --sign key.server --allowed-signers signers"
    func poll(_ site: String) -> String {
      self.poll(site, "--allowed-signers signers --sign key.\(site)")
    }
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); \(poll("south"))")
    // East answers without a signature, and the deadline passes.
    try shell.succeed(self.poll("east"))
    let first = try shell.run("\(serve) --deadline 1")
    #expect(first.errors.contains("east/answer/update.tar.gz: is not signed (refused)"))
    #expect(first.errors.contains("round 1: no update from east"))
    #expect(
      try shell.succeed("awk -F '\t' '{ print $1, $3 }' served/rounds/001/audit.tsv")
        == "decision site\nmodel NA\naccepted north\naccepted south\n")
    #expect(
      try shell.succeed("cut -f 1,2,7 served/rounds/001/received.tsv")
        == "decision\tname\treason\nrefused\teast\tis not signed\naccepted\tnorth\tNA\naccepted\tsouth\tNA\n"
    )
    // A site does not train a model that is not the server's.
    try shell.succeed(
      """
      cd served/exchange/north/offer; cp model.tar.gz kept; cp wanted kept.wanted
      cp ../../../rounds/000/model.tar.gz .
      sed -i "s/^sha256.*/sha256\t$(sha256sum < model.tar.gz | cut -d ' ' -f 1)/" wanted
      """)
    let forged = try shell.run(poll("north"))
    #expect(forged.status == 77 && forged.errors.contains("is not signed by 'server'"))
    try shell.succeed("cd served/exchange/north/offer; mv kept.wanted wanted")
    try shell.fail(poll("north"), 75, "not the file that the server asked about")
    try shell.succeed("cd served/exchange/north/offer; mv kept model.tar.gz")
    #expect(try shell.run(serve).status == 75)
    // East's update of round 1 is not in the model. East is told the reason, once.
    let notice = try shell.run(poll("east"))
    #expect(notice.status == 0 && notice.lines.count == 1)
    #expect(notice.errors.contains("the server refused the last answer: is not signed"))
    #expect(try shell.run(poll("east")).errors.isEmpty)
    try shell.succeed("\(poll("north")); \(poll("south"))")
    #expect(try shell.run(serve).status == 75)
    #expect(try shell.succeed("grep -c accepted served/rounds/002/audit.tsv") == "3\n")
    // Too few sites have answered by the deadline: there is no model, nothing is lost or printed.
    let late = "sed -i 's/^since.*/since\t1000/' served/wanted; \(serve) --deadline 60"
    try shell.succeed(poll("north"))
    let few = try shell.run(late)
    #expect(few.status == 75 && few.errors.isEmpty)
    #expect(
      try shell.run(late.replacing(" -q", with: "")).errors.contains("waiting for east south"))
    try shell.succeed(poll("south"))
    #expect(
      try shell.run(late).errors
        == "fm-federate: round 2: no report from east: no answer\nfm-federate: round 3: no update from east: no answer\n"
    )
    try shell.succeed("test -e served/rounds/003/model.tar.gz.sig")
  }

  /// A site that signed with the wrong key is told so, and can answer again with the right key.
  /// Neither the refused update nor its signature stays in the folder.
  @Test func requestsARefusedAnswerAgain() throws {
    try makeKeys()
    let serve = "\(serve) --sign key.server --allowed-signers signers --min-sites 3"
    #expect(try shell.run(serve).status == 75)
    try shell.succeed(
      "for site in north south; do \(poll("$site", "--allowed-signers signers --sign key.$site")); done"
    )
    let wrong = poll("east", "--allowed-signers signers --sign key.north")
    try shell.succeed(wrong)
    let refused = try shell.run(serve)
    #expect(refused.status == 75 && refused.errors.contains("is not signed by 'east'"))
    try shell.succeed(
      """
      ls served/rounds/001/refused/east.tar.gz served/rounds/001/refused/east.tar.gz.sig
      test -z "$(ls -A served/exchange/east/answer)"
      """)
    // The same answer is not sent again, and the reason is printed once.
    let again = try shell.run(wrong)
    #expect(again.status == 77 && again.lines.count == 1)
    #expect(again.errors.contains("the server refused the last answer: is not signed by 'east'"))
    let third = try shell.run(wrong)
    #expect(third.status == 77 && third.errors.isEmpty)
    try shell.succeed("test -z \"$(ls -A served/exchange/east/answer)\"")
    try shell.succeed(poll("east", "--allowed-signers signers --sign key.east"))
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("test -e served/rounds/001/model.tar.gz")
    // The use of signatures is a setting of the run.
    try shell.fail(
      self.serve, 65, "different settings or sites (allowed-signers yes)")
  }

  /// An answer that is still in the folder is not sent again.
  @Test func sendsALostAnswerAgain() throws {
    #expect(try shell.run(serve).status == 75)
    try shell.succeed(poll("north"))
    try shell.succeed(
      "stat -c %Y.%i served/exchange/north/answer/update.tar.gz > before; sleep 1.1")
    try shell.succeed(
      "\(poll("north")); stat -c %Y.%i served/exchange/north/answer/update.tar.gz | cmp - before")
    try shell.succeed("rm served/exchange/north/answer/update.tar.gz; \(poll("north"))")
    try shell.succeed("test -s served/exchange/north/answer/update.tar.gz")
    #expect(
      try shell.succeed("cut -f 2-4 data/north.exchange/sent.tsv | uniq -c | wc -l") == "2\n")
    // Another file in its place is detected and replaced.
    try shell.succeed(
      "cd served/exchange/north/answer; echo x > update.tar.gz; cd ../../../..; \(poll("north"))")
    try shell.succeed(
      "cmp served/exchange/north/answer/update.tar.gz data/north.exchange/update.tar.gz")
  }

  /// No file in the folder of one site keeps another site from its round.
  @Test func oneSiteCannotBlockAnother() throws {
    let serve = "\(serve) --deadline 0 --min-sites 2"
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); \(poll("south"))")
    // North impersonates east before east has answered.
    try shell.succeed(
      """
      cp served/exchange/north/answer/update.tar.gz kept
      fm-train-local -q --features sites/east.tar --state-out x served/rounds/000/model.tar.gz |
        fm-compress -q > served/exchange/north/answer/update.tar.gz
      """)
    let impersonated = try shell.run(serve)
    #expect(impersonated.status == 75)
    #expect(impersonated.errors.contains("comes from site 'east', which answers in another folder"))
    for attack in [
      "mkdir update.tar.gz", "mkdir -p update.tar.gz/x", "mkfifo update.tar.gz",
      "ln -s /etc/passwd update.tar.gz", "ln -s ../../south/answer/update.tar.gz update.tar.gz",
      "truncate -s 15T update.tar.gz", "head -c 100 /dev/zero > update.tar.gz",
      "cp ../../../../kept update.tar.gz; truncate -s 5G update.tar.gz.sig",
    ] {
      try shell.succeed("cd served/exchange/north/answer; rm -rf update*; \(attack)")
      let outcome = try shell.run("timeout 20 \(serve)")
      #expect(outcome.status == 75, "\(attack): \(outcome.errors)")
      #expect(outcome.lines.count == 1 && outcome.errors.contains("(refused)"), "\(attack)")
    }
    try shell.succeed(
      "cd served/exchange/north/answer; rm -rf update*; cp ../../../../kept update.tar.gz")
    #expect(try shell.run(serve).status == 75)
    #expect(
      try shell.succeed("grep accepted served/rounds/001/audit.tsv | cut -f 3") == "north\nsouth\n")
    // A late answer is ignored without an error.
    try shell.succeed("cp kept served/exchange/north/answer/update.tar.gz")
    let late = try shell.run(serve)
    #expect(late.status == 75 && late.errors.isEmpty)
    try shell.succeed("test -z \"$(ls -A served/exchange/north/answer)\"")
  }

  /// A repeated request is answered with the same bytes, and the site has a list of what it sent.
  @Test func sendsOnlyOneTestReport() throws {
    let serve = serve.replacing("--rounds 3", with: "--rounds 1")
    for _ in 0..<2 {
      #expect(try shell.run(serve).status == 75)
      try shell.succeed("for site in north east south; do \(poll("$site")); done")
    }
    #expect(try shell.run(serve).status == 75)
    let offer = "served/exchange/north/offer"
    // Before the first round, there is no model to test.
    try shell.succeed(
      "cp -r \(offer) kept; cp served/rounds/000/model.tar.gz \(offer)/model.tar.gz")
    try shell.succeed(
      "sed -i \"s/^round.*/round\t0/; s/^sha256.*/sha256\t$(sha256sum < \(offer)/model.tar.gz | cut -d ' ' -f 1)/\" \(offer)/wanted"
    )
    try shell.fail(poll("north"), 77, "asks for a test report before the first round")
    try shell.succeed("rm -r \(offer); mv kept \(offer); \(poll("north"))")
    try shell.succeed("cp served/exchange/north/answer/test.tar first.tar")
    #expect(
      try shell.succeed("tail -n 1 data/north.exchange/sent.tsv | cut -f 2-4")
        == "test\t1\ttest.tar\n")
    // If asked again, the site sends the same report, although its state has changed.
    try shell.succeed(
      """
      rm served/exchange/north/answer/test.tar
      fm-train-local -q --features sites/north.tar --state data/north served/rounds/001/model.tar.gz > u
      \(poll("north")); cmp served/exchange/north/answer/test.tar first.tar
      """)
    // A test report on another model is refused.
    try shell.succeed(
      """
      fm-aggregate served/rounds/001/updates/north.tar.gz | fm-compress -q > \(offer)/model.tar.gz
      sed -i "s/^sha256.*/sha256\t$(sha256sum < \(offer)/model.tar.gz | cut -d ' ' -f 1)/" \(offer)/wanted
      """)
    try shell.fail(poll("north"), 77, "asks for a second test report, of another model")
    #expect(try shell.succeed("stat -c %a data/north.exchange") == "700\n")
  }
}
