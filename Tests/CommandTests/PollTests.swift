import Foundation
import Testing

/// A server and sites that wait for nobody: each is called now and then, and what they make together is
/// what fm-federate makes on one machine.
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
    "fm-poll -q --server served --features sites/\(site).tar --state data/\(site) \(more)"
  }

  /// A key for each site and the server, and the file that allows them.
  func makeKeys() throws {
    try shell.succeed(
      """
      for name in north east south server; do
        ssh-keygen -q -t ed25519 -N '' -f key.$name
        printf '%s %s\\n' $name "$(cut -d ' ' -f 1,2 key.$name.pub)" >> signers
      done
      """)
  }

  @Test func visitsEndInTheSameBytes() throws {
    try shell.succeed("fm-federate -q --run whole \(Self.options) --calibrate sites")
    // Nobody in time, in order, or only once.
    #expect(try shell.run(poll("north")).status == 75)
    try shell.fail(
      poll("north").replacing(" -q", with: ""), 75, "served: there is no run, or not yet")
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
      diff -r -x fm-federate.lock -x logs -x settings -x wanted -x sites whole served >&2
      cmp whole/sites/east/state.tar data/east
      test "$(head -n 1 served/wanted)" = 'task\tdone'
      """)
  }

  /// With keys all around: what is forged or unsigned does not count, and what is late is not waited for.
  @Test func signedVisits() throws {
    try makeKeys()
    let serve = "\(serve) --sign key.server --allowed-signers signers"
    func poll(_ site: String) -> String {
      self.poll(site, "--allowed-signers signers --sign key.\(site)")
    }
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); \(poll("south"))")
    // East answers without a signature, and the deadline has passed.
    try shell.succeed(self.poll("east"))
    let first = try shell.run("\(serve) --deadline 1")
    #expect(first.errors.contains("east.tar.gz: is not signed"))
    #expect(
      try shell.succeed("awk -F '\t' '{ print $1, $3 }' served/rounds/001/audit.tsv")
        == "decision site\nmodel NA\naccepted north\naccepted south\nrefused east\n")
    // A model that is not the server's is not trained on.
    try shell.succeed(
      "cd served/rounds/001; cp model.tar.gz kept; cp ../000/model.tar.gz . ; sed -i \"s/sha256.*/sha256\t$(sha256sum < model.tar.gz | cut -d ' ' -f 1)/\" ../../wanted"
    )
    let forged = try shell.run(poll("north"))
    #expect(forged.status == 77 && forged.errors.contains("is not signed by 'server'"))
    try shell.succeed("cd served/rounds/001; mv kept model.tar.gz")
    try shell.fail(poll("north"), 75, "not the one that is meant")
    #expect(try shell.run(serve).status == 75)
    // East's state has seen its round 1, which never came to the model.
    try shell.succeed("\(poll("north")); \(poll("east")); \(poll("south"))")
    #expect(try shell.run(serve).status == 75)
    #expect(try shell.succeed("grep -c accepted served/rounds/002/audit.tsv") == "3\n")
    // Too few by the deadline: no model, nothing is lost, and cron has nothing to mail.
    let late = "sed -i 's/^since.*/since\t1000/' served/wanted; \(serve) --deadline 60"
    try shell.succeed(poll("north"))
    let few = try shell.run(late)
    #expect(few.status == 75 && few.errors.isEmpty)
    #expect(try shell.run(late.replacing(" -q", with: "")).errors.contains("waits for east south"))
    try shell.succeed(poll("south"))
    #expect(try shell.run(late).errors == "")
    try shell.succeed("test -e served/rounds/003/model.tar.gz.sig")
  }

  /// Who answers without a signature, or under a wrong name, is told, or asked again.
  @Test func whatIsRefusedIsAskedForAgain() throws {
    try makeKeys()
    let serve = "\(serve) --sign key.server --allowed-signers signers --min-sites 3"
    #expect(try shell.run(serve).status == 75)
    try shell.fail(poll("north", "--name nord"), 65, "knows no site 'nord', but east north south")
    try shell.succeed(
      "for site in north south; do \(poll("$site", "--allowed-signers signers --sign key.$site")); done"
    )
    try shell.succeed(poll("east"))
    let refused = try shell.run(serve)
    #expect(refused.status == 75 && refused.errors.contains("is not signed (left out)"))
    try shell.succeed("ls served/rounds/001/refused/east.tar.gz; sleep 1")
    #expect(try shell.run(serve).status == 75)
    try shell.succeed(poll("east", "--allowed-signers signers --sign key.east"))
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("test -e served/rounds/001/model.tar.gz")
    // Signatures are one of a run's settings.
    try shell.fail(
      self.serve, 65, "other settings or sites, see its file settings (allowed-signers yes)")
  }

  /// A site that is gone at the end is not waited for beyond the deadline, and what was done is done.
  @Test func aSiteMayBeGoneAtTheEnd() throws {
    let serve = "\(serve) --deadline 60 --min-sites 2"
    for _ in 0..<3 {
      #expect(try shell.run(serve).status == 75)
      try shell.succeed("for site in north east south; do \(poll("$site")); done")
    }
    // The report on the last round, and the test, without east.
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
    // Begun anew in the same place, it asks anew.
    try shell.succeed("rm -r served data/*; sleep 1")
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); test -e served/rounds/001/updates/north.tar.gz")
  }

  /// Enough is enough, where nobody else is waited for.
  @Test func enoughUpdatesMakeAModel() throws {
    let serve = "\(serve) --deadline 0 --min-sites 2"
    #expect(try shell.run(serve).status == 75)
    try shell.succeed(poll("south"))
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("test ! -e served/rounds/001/model.tar.gz; \(poll("north"))")
    #expect(try shell.run(serve).status == 75)
    #expect(
      try shell.succeed("grep accepted served/rounds/001/audit.tsv | cut -f 3") == "north\nsouth\n")
  }

  /// At the test Global alone may be missing: it is waited for like a site.
  @Test func globalIsWaitedForAtTheTest() throws {
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
    #expect(waiting.status == 75 && waiting.errors.contains("waits for global: test"))
    try shell.succeed(poll("global").replacing("sites/", with: "held/"))
    #expect(try shell.run(serve).status == 0)
    #expect(try shell.succeed("cut -f 1 served/table.tsv") == "site\nsite1\nsite2\nGlobal\nAVG\n")
  }

  /// What a site's account at the server may put there in place of a file.
  @Test func onlyPlainFilesCount() throws {
    #expect(try shell.run(serve).status == 75)
    try shell.succeed("\(poll("north")); \(poll("east")); \(poll("south"))")
    try shell.succeed(
      """
      cd served/rounds/001/updates
      cp east.tar.gz more.tar.gz; mv east.tar.gz ../../../../kept; ln -s ../../../../kept east.tar.gz
      rm south.tar.gz; mkfifo south.tar.gz
      """)
    #expect(try shell.run("timeout 60 \(serve)").status == 75)
    try shell.succeed("test ! -e served/rounds/001/model.tar.gz")
    try shell.succeed(
      "cd served/rounds/001/updates; rm south.tar.gz east.tar.gz; cp ../../../../kept east.tar.gz; sed -i 's/^since.*/since\t1000/' ../../../wanted"
    )
    #expect(try shell.run("timeout 60 \(serve) --deadline 60").status == 75)
    #expect(
      try shell.succeed("grep accepted served/rounds/001/audit.tsv | cut -f 3") == "east\nnorth\n")
  }

  /// A server may say what it likes: nothing of it is run, and no path is taken from it.
  @Test func wantedIsNotTrusted() throws {
    #expect(try shell.run(serve).status == 75)
    for (key, value) in [
      ("task", "$(touch bad)"), ("round", "../../x"), ("round", "-1"), ("round", "1 2"),
      ("filter", "tar"), ("codec", "x; touch bad"), ("task", ""), ("round", "00"),
    ] {
      try shell.succeed(
        "cp served/wanted kept; awk -F '\t' -v OFS='\t' '$1 == \"\(key)\" { $2 = v } 1' v='\(value)' kept > served/wanted"
      )
      try shell.fail(poll("north"), 65, "served/wanted: no \(key)")
      try shell.succeed("mv kept served/wanted; test ! -e bad")
    }
    for call in [
      poll("north", "--name a/b"), poll("north", "x"), "fm-poll --server served --state s",
      "fm-federate --run r --launcher wait north", "fm-federate --run r --spec spec.json sites",
      "fm-federate --run r --launcher wait --spec spec.json --deadline x north",
      "fm-federate --run r --deadline 9 sites", "fm-federate --run r --launcher '' sites",
    ] {
      #expect(try shell.run(call).status == 64, "\(call)")
    }
    try shell.fail(
      "fm-federate --run r --launcher wait --spec spec.json ../north south", 65, "called by a name")
  }

  /// Any command that runs lines is a launcher.
  @Test func launchersDoNotMatter() throws {
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
