import Foundation
import Testing

/// Updates and models signed with ssh-keygen. Replayed, exchanged and forged files are refused.
struct SignatureTests {
  let shell: Shell

  /// Creates three sites and a server with keys, and the updates of the sites.
  init() throws {
    shell = try Shell()
    try shell.makeRun()
    try shell.succeed(
      """
      for name in north east south server stranger; do ssh-keygen -q -t ed25519 -N '' -C $name -f key.$name; done
      { for name in north east south server; do printf '%s ' $name; cut -d ' ' -f 1,2 key.$name.pub; done; } > signers
      for site in north east south; do
        fm-train-local -q --features sites/$site.tar --state $site.state model.tar | fm-compress -q > $site.tar.gz
        ssh-keygen -q -Y sign -n fedmed -f key.$site $site.tar.gz
      done
      """)
  }

  let call = "fm-aggregate --allowed-signers signers --model model.tar"

  @Test func acceptsUpdatesSignedByTheirSite() throws {
    try shell.succeed(
      """
      fm-aggregate *.tar.gz > plain.tar
      \(call) --audit audit.tsv *.tar.gz | cmp - plain.tar
      """)
    let lines = try shell.succeed("cut -f 1,2,3 audit.tsv")
    #expect(
      lines
        == "decision\tround\tsite\nmodel\t1\tNA\naccepted\t1\teast\naccepted\t1\tnorth\naccepted\t1\tsouth\n"
    )
    // The entries of the audit can be verified with standard programs.
    #expect(
      try shell.succeed("awk -F '\t' '$3 == \"north\" { print $6 }' audit.tsv")
        == (try shell.succeed("sha256sum < north.tar.gz | cut -c-64")))
    #expect(
      try shell.succeed("awk -F '\t' '$3 == \"north\" { print $7 }' audit.tsv")
        == (try shell.succeed("ssh-keygen -lf key.north.pub | cut -d ' ' -f 2")))
    #expect(try shell.succeed("grep -c 'rule mean, weights uniform, parent' audit.tsv") == "1\n")
    // A name with a space is quoted.
    try shell.succeed(
      """
      fm-partition -q --scheme whole --site 'St. Anna' -o anna all.tar
      fm-train-local -q --features anna/st-anna.tar --state a model.tar > anna.tar
      ssh-keygen -q -t ed25519 -N '' -f key.anna; ssh-keygen -q -Y sign -n fedmed -f key.anna anna.tar
      printf '"St. Anna" %s\\n' "$(cut -d ' ' -f 1,2 key.anna.pub)" > more
      fm-aggregate --allowed-signers more --model model.tar anna.tar > m
      """)
  }

  /// A forged update is discarded, and recorded in the audit with its checksum.
  @Test(arguments: [
    ("rm east.tar.gz.sig", "is not signed"),
    ("cp north.tar.gz.sig east.tar.gz.sig", "is not signed by 'east'"),
    (
      "ssh-keygen -q -Y sign -n fedmed -f key.stranger - < east.tar.gz > east.tar.gz.sig 2> /dev/null",
      "is not signed by 'east'"
    ),
    (
      "ssh-keygen -q -Y sign -n file -f key.east - < east.tar.gz > east.tar.gz.sig 2> /dev/null",
      "is not signed by 'east'"
    ),
    ("echo nonsense > east.tar.gz.sig", "is not signed by 'east'"),
    // South's update is signed with east's key.
    (
      "cp south.tar.gz east.tar.gz; ssh-keygen -q -Y sign -n fedmed -f key.east - < east.tar.gz > east.tar.gz.sig 2> /dev/null; rm south.*gz*",
      "is not signed by 'south'"
    ),
    // The update was changed after it was signed.
    (
      "fm-compress -q -d < east.tar.gz > e; fm-compress -q --filter none e > east.tar.gz",
      "is not signed by 'east'"
    ),
  ])
  func refusesForgedUpdates(forgery: String, reason: String) throws {
    try shell.succeed(forgery)
    for option in ["", "--guard 1000"] {
      let outcome = try shell.run("\(call) \(option) --audit audit.tsv *.tar.gz > m")
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains(reason) && outcome.lines.count == 1)
      #expect(
        try shell.succeed(
          "awk -F '\t' '$1 == \"refused\" { print $6, $8, $3 }' audit.tsv")
          == (try shell.succeed(
            "set -- $(sha256sum east.tar.gz); echo $1 east.tar.gz $(fm-eval check east.tar.gz | cut -f 4 | tail -n 1)"
          )))
      #expect(try shell.succeed("tail -n 1 audit.tsv | cut -f 9").contains(reason))
    }
    // If no update is left there is no model, but still an audit.
    let alone = try shell.run("\(call) --audit none.tsv east.tar.gz")
    #expect(alone.status == 75 && alone.output.isEmpty && alone.lines.count == 2)
    #expect(
      alone.errors.contains(reason)
        && alone.errors.contains("expected updates of at least 1 sites, found 0"))
    #expect(try shell.succeed("cut -f 1 none.tsv") == "decision\nrefused\n")
  }

  /// A file that cannot be read is discarded, and the round proceeds without it.
  @Test(arguments: [
    "rm east.tar.gz; mkdir east.tar.gz", "rm east.tar.gz; mkfifo east.tar.gz",
    "rm east.tar.gz.sig; mkfifo east.tar.gz.sig", "rm east.tar.gz; ln -s nowhere east.tar.gz",
    "head -c 100000 /dev/zero >> east.tar.gz",
  ])
  func discardsUnreadableUpdates(corruption: String) throws {
    try shell.succeed("\(call) north.tar.gz south.tar.gz > two.tar; \(corruption)")
    let outcome = try shell.run(
      "FEDMED_SIZE_LIMIT=50000 timeout 60 \(call) --audit a.tsv *.tar.gz > m; s=$?; cmp m two.tar && exit $s"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      try shell.succeed("awk -F '\t' '$1 == \"refused\" { print $8 }' a.tsv") == "east.tar.gz\n")
  }

  /// An old update has a valid signature, but names an earlier model.
  @Test func refusesReplayedUpdates() throws {
    try shell.succeed(
      """
      \(call) *.tar.gz > model1.tar
      mkdir old; cp north.tar.gz north.tar.gz.sig old
      for site in north south; do
        fm-train-local -q --features sites/$site.tar --state $site.state model1.tar | fm-compress -q > $site.tar.gz
        ssh-keygen -q -Y sign -n fedmed -f key.$site - < $site.tar.gz > $site.tar.gz.sig 2> /dev/null
      done
      """)
    let next = "fm-aggregate --allowed-signers signers --model model1.tar"
    let outcome = try shell.run("\(next) --audit audit.tsv *.tar.gz > m")
    #expect(
      outcome.status == 0 && outcome.errors.contains("east.tar.gz: started from another model"))
    // Copies of old or new updates, added by someone else, do not keep the new one from counting.
    try shell.succeed(
      """
      cp old/north.tar.gz north0.tar.gz; cp old/north.tar.gz.sig north0.tar.gz.sig
      cp north.tar.gz again.tar.gz; cp north.tar.gz.sig again.tar.gz.sig
      \(next) north.tar.gz north0.tar.gz south.tar.gz again.tar.gz 2> errors | cmp - m
      grep -q 'again.tar.gz: duplicate of north.tar.gz' errors
      """)
    // The audit records the site, the round and the key.
    #expect(
      try shell.succeed("awk -F '\t' '$1 == \"refused\" { print $2, $3, $7 }' audit.tsv")
        == "1 east \(try shell.succeed("ssh-keygen -lf key.east.pub | cut -d ' ' -f 2"))")
    try shell.fail("fm-aggregate --allowed-signers signers *.tar.gz", 64, "requires --model")
    try shell.fail("\(next) - < north.tar.gz", 64, "updates in files")
    try shell.fail(
      "fm-aggregate --allowed-signers none --model model1.tar north.tar.gz", 66, "none")
  }

  /// A site accepts a model only from its server, and signs its update and report.
  @Test func sitesVerifyTheServersModel() throws {
    let site =
      "fm-site -q --features sites/north.tar --state s --allowed-signers signers --sign key.north"
    try shell.fail(
      "\(site) --update u model.tar 2> e; s=$?; head -n 1 e >&2; exit $s", 77,
      "model.tar: is not signed")
    try shell.succeed("test ! -e u && test ! -e s")
    try shell.succeed(
      """
      ssh-keygen -q -Y sign -n fedmed -f key.server model.tar
      \(site) --report r.tar --update u.tar.gz model.tar
      fm-eval check --allowed-signers signers --signer north r.tar u.tar.gz > /dev/null
      fm-aggregate --allowed-signers signers --model model.tar u.tar.gz > model1.tar
      fm-train-local -q --allowed-signers signers --features sites/north.tar --state t model.tar > raw
      test -z "$(ls *.new* 2> /dev/null)"
      """)
    try shell.fail(
      "fm-train-local -q --allowed-signers signers --signer north --features sites/north.tar --state t model.tar",
      77, "is not signed by 'north'")
    try shell.fail(
      "fm-eval check --allowed-signers signers --signer east u.tar.gz > /dev/null", 77, "'east'")
    // A report counts only with the signature of its site.
    try shell.succeed(
      """
      for site in north south; do
        for split in validation test; do
          fm-eval score -q --features sites/$site.tar --split $split --report-out $site.$split.tar model1.tar > /dev/null
        done
      done
      for report in *.validation.tar *.test.tar; do ssh-keygen -q -Y sign -n fedmed -f key.north $report; done
      """)
    for (mode, split) in [("select", "validation"), ("table", "test")] {
      let call = "fm-eval \(mode) --allowed-signers signers"
      let outcome = try shell.run("\(call) south.\(split).tar north.\(split).tar")
      #expect(outcome.status == 0 && outcome.lines.count == 1)
      #expect(outcome.errors.contains("south.\(split).tar: is not signed by 'south'"))
      #expect(outcome.text == (try shell.succeed("fm-eval \(mode) north.\(split).tar")))
      let alone = try shell.run("\(call) south.\(split).tar")
      #expect(alone.status == 75 && alone.errors.hasSuffix("all reports were discarded\n"))
      try shell.fail("\(call) --signer north north.\(split).tar", 64, "unknown option '--signer'")
    }
    for wrong in [
      "fm-train-local --signer x --features sites/north.tar --state t model.tar",
      "fm-eval score --allowed-signers signers --features sites/north.tar model.tar",
      "fm-train-local -q --allowed-signers signers --features sites/north.tar --state t < model.tar",
    ] {
      #expect(try shell.run(wrong).status == 64, "\(wrong)")
    }
    try shell.fail(
      "\(site.replacing("key.north", with: "nokey")) --update v model.tar", 66, "nokey: cannot open"
    )
    try shell.succeed("test ! -e v")
  }

  /// Without ssh-keygen no site is blamed: the command fails.
  @Test func blamesNoSiteForAMissingSSHKeygen() throws {
    try shell.succeed(
      "mkdir bin; for tool in fm-aggregate sh; do ln -s \"$(command -v $tool)\" bin; done")
    for guarding in ["", "--guard 1000"] {
      let outcome = try shell.run("PATH=$PWD/bin; \(call) \(guarding) *.tar.gz > m")
      #expect(outcome.status == 66 && outcome.errors.contains("ssh-keygen"), "\(outcome.errors)")
      #expect(outcome.lines.count == 1)
    }
  }

  /// A key with a passphrase is refused; other errors are those of ssh-keygen.
  @Test func reportsKeysThatCannotSign() throws {
    try shell.succeed("ssh-keygen -q -t ed25519 -N secret -f locked; echo no key > broken")
    for sign in [
      "fm-compress -q --sign KEY -o v model.tar",
      "fm-eval score -q --features sites/north.tar --report-out v --sign KEY model.tar",
    ] {
      let locked = try shell.run(sign.replacing("KEY", with: "locked"))
      #expect(locked.status == 77 && locked.errors.contains("locked: is protected by a passphrase"))
      let broken = try shell.run(sign.replacing("KEY", with: "broken"))
      #expect(broken.status == 77 && broken.errors.contains("broken: cannot sign: "))
      #expect(broken.errors.contains("broken: cannot sign: couldn't load"))
    }
    try shell.succeed("test ! -e v; test ! -e v.sig")
    try shell.fail(
      "fm-compress --sign key.north model.tar > v", 64, "--sign requires an output file")
  }

  /// ssh-keygen would take time quadratic in the length of a signature.
  @Test func refusesLargeSignatures() throws {
    try shell.succeed(
      """
      fm-train-local -q --features sites/north.tar --state-out t model.tar > u.tar
      { echo '-----BEGIN SSH SIGNATURE-----'; head -c 20000 /dev/zero | base64; } > u.tar.sig
      """)
    let check = "timeout 10 fm-eval check --allowed-signers signers --signer north u.tar"
    let large = try shell.run(check)
    #expect(large.status == 77 && large.errors.contains("u.tar.sig: larger than 16384 bytes"))
    try shell.succeed("truncate -s 200G u.tar.sig")
    #expect(try shell.run(check).status == 77)
  }

  /// Names in the file of ssh-keygen are patterns, which could match other signers.
  @Test func refusesPatternsAsNames() throws {
    let check = "fm-eval check --allowed-signers patterns --signer north model.tar"
    for name in ["*", "nor?h", "\"St. *\"", "!south,*", "north,east"] {
      try shell.succeed(
        "{ cat signers; echo; echo '# *'; printf '%s ' '\(name)'; cut -d ' ' -f 1,2 key.east.pub; } > patterns"
      )
      let outcome = try shell.run(check)
      #expect(outcome.status == 65 && outcome.errors.contains("is a pattern"), "\(name)")
      #expect(outcome.errors.contains("patterns: line "))
    }
    let outcome = try shell.run(
      "echo > model.tar.sig; fm-eval check --allowed-signers signers --signer 'n*' model.tar")
    #expect(outcome.status == 77 && outcome.errors.contains("invalid signer name 'n*'"))
  }
}
