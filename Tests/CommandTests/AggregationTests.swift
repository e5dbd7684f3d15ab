import FedMed
import Foundation
import Testing

/// The rules, the guard and the optimizers of fm-aggregate, with the updates of small sites.
struct AggregationTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun()
    // Seven sites have the same samples, each in another order.
    try shell.succeed(
      """
      for i in 1 2 3 4 5 6 7; do
        fm-partition -q --scheme whole --site s$i --seed $i -o part$i all.tar
        fm-train-local -q --features part$i/s$i.tar --state st$i model.tar -o u$i.tar
      done
      """)
  }

  /// Every rule gives a different model, which names the rule. The order of arguments has no
  /// effect.
  @Test func everyRuleMakesItsOwnModel() throws {
    var identities: Set<String> = []
    for rule in AggregationRules.all.map({ $0.name }) {
      let model = rule == "clipped-mean" ? "--model model.tar" : ""
      try shell.succeed(
        """
        fm-aggregate --rule \(rule) \(model) u[1-7].tar > m.tar
        fm-aggregate --rule \(rule) --model model.tar u7.tar u[1-6].tar | cmp - m.tar
        fm-eval check m.tar > check; test "$(tar xOf m.tar manifest.json | jq -r .aggregation.rule)" = \(rule)
        """)
      identities.insert(try shell.succeed("cut -f 6 check | tail -n 1"))
    }
    #expect(identities.count == AggregationRules.all.count)
    try shell.fail(
      "fm-aggregate --rule bulyan u[1-6].tar", 75, "6 updates, bulyan requires at least 7")
    try shell.fail("fm-aggregate --rule none u1.tar", 64, "unknown rule 'none'")
    try shell.fail(
      "fm-aggregate --rule median --weights samples u1.tar", 64, "--weights has no effect")
    try shell.fail(
      "fm-aggregate --malicious 1 u1.tar", 64, "--malicious has no effect with --rule mean")
    try shell.fail("fm-aggregate --rule clipped-mean u1.tar", 64, "requires the global model")
    try shell.fail(
      "fm-aggregate --rule trimmed-mean --trim .5 u1.tar", 64, "the trimmed share must be")
    for call in [
      "--optimizer fedadam u1.tar", "--optimizer none --model model.tar u1.tar",
      "--server-state s u1.tar", "--guard 0 u1.tar", "--init --rule mean --like all.tar",
    ] {
      #expect(try shell.run("fm-aggregate \(call)").status == 64, "\(call)")
    }
  }

  /// The audit has a line for each file even if the round fails, and the settings to recompute the
  /// model.
  @Test func auditListsEveryFileAndTheSettings() throws {
    try shell.succeed("head -c 3000 u6.tar > short.tar")
    for (call, status) in [
      ("--rule bulyan --guard 3 u1.tar short.tar", 75), ("u1.tar short.tar", 65),
      ("--min-updates 3 --guard 3 u1.tar short.tar", 75),
      ("--rule krum --malicious 9223372036854775807 u1.tar", 64),
    ] {
      let outcome = try shell.run("rm -f a.tsv; fm-aggregate --audit a.tsv \(call)")
      #expect(outcome.status == status && outcome.output.isEmpty, "\(outcome.errors)")
      guard status != 64 else { continue }
      #expect(
        try shell.succeed("cut -f 1,8 a.tsv") == "decision\tfile\nrefused\tshort.tar\n", "\(call)")
    }
    // After two rounds with an optimizer, the line of the model names the optimizer's state.
    let fedadam = "fm-aggregate -q --optimizer fedadam --audit a.tsv"
    try shell.succeed(
      """
      \(fedadam) --model model.tar --server-state-out s1 u[1-5].tar > m1.tar
      for i in 1 2 3; do fm-train-local -q --features part$i/s$i.tar --state s$i.state m1.tar > v$i.tar; done
      \(fedadam) --model m1.tar --server-state s1 --server-state-out s2 v[1-3].tar > m2.tar
      awk -F '\t' '$1 == "model" { print $5 }' a.tsv > identity; fm-eval check m2.tar | tail -n 1 | cut -f 6 | cmp - identity
      grep -q "server-state $(tar xOf s1 manifest.json | sha256sum | cut -d ' ' -f 1)" a.tsv
      """)
    try shell.fail(
      "\(fedadam) --model m1.tar v1.tar", 66,
      "m1.tar: was made with fedadam, whose state is")
    try shell.succeed("\(fedadam) --model model.tar --server-state-out other u1.tar > o.tar")
    try shell.fail(
      "\(fedadam) --model m1.tar --server-state other v1.tar", 65,
      "other: updates differ from those of m1.tar")
  }

  /// Corrupted, unrelated, duplicate and distant updates are discarded with a message; the others
  /// count.
  @Test func guardDiscardsInvalidAndDistantUpdates() throws {
    try shell.succeed(
      """
      fm-aggregate u[1-5].tar > clean.tar
      fm-aggregate --guard 3 u[1-5].tar | cmp - clean.tar
      head -c 3000 u6.tar > short.tar
      fm-aggregate --init --like all.tar --hidden 8 --batch-size 8 --seed 2 > other.tar
      fm-train-local -q --features part6/s6.tar --state other.state other.tar > foreign.tar
      fm-train-local -q --features part7/s7.tar --state far.state other.tar > far.tar
      """)
    // The arrays of another run with the manifest of this one are detected only by their distance.
    try forge("u7.tar", arrays: "far.tar", to: "far7.tar")
    let outcome = try shell.run(
      "fm-aggregate --guard 3 short.tar u1.tar u2.tar u3.tar foreign.tar u4.tar u5.tar far7.tar > m.tar"
    )
    #expect(outcome.status == 0)
    #expect(outcome.lines.count == 3)
    #expect(outcome.errors.contains("short.tar: "))
    #expect(outcome.errors.contains("foreign.tar: hyper-parameters differ"))
    #expect(outcome.errors.contains("far7.tar: "))
    #expect(outcome.errors.contains("times the median distance from the others"))
    try shell.succeed("cmp m.tar clean.tar")
    // A duplicate is used once; of two different updates of a site, neither is used.
    try shell.succeed("cp u5.tar again.tar")
    let copies = try shell.run("fm-aggregate --guard 3 u[1-5].tar again.tar > m.tar")
    #expect(copies.status == 0 && copies.errors.contains("again.tar: duplicate of u5.tar"))
    try shell.succeed("cmp m.tar clean.tar")
    try forge("u6.tar", arrays: "u1.tar", to: "again.tar")
    let conflict = try shell.run("fm-aggregate --guard 3 u6.tar u[1-5].tar again.tar > m.tar")
    #expect(conflict.status == 0 && conflict.lines.count == 2)
    try shell.succeed("cmp m.tar clean.tar")
    #expect(
      try shell.run("fm-aggregate --guard 3 --min-updates 6 u[1-5].tar short.tar > m").status == 75)
    #expect(try shell.run("fm-aggregate --guard 3 short.tar > m").status == 75)
    #expect(try shell.run("fm-aggregate --guard 3 u1.tar nowhere.tar > m").status == 66)
    try shell.fail("fm-aggregate --model other.tar u1.tar", 65, "started from another model")
  }

  /// Forges an archive with the manifest of one archive and the arrays of another.
  private func forge(_ archive: String, arrays: String, to result: String) throws {
    try shell.succeed(
      """
      mkdir a b && tar xf \(archive) -C a && tar xf \(arrays) -C b
      jq --slurpfile other b/manifest.json '.members = $other[0].members' a/manifest.json > b/m
      mv b/m b/manifest.json
      (cd b && tar cf ../\(result) --format=ustar --numeric-owner manifest.json fam/layer1.weight.npy \
        fam/layer1.bias.npy fam/layer1.threshold.npy fam/layer2.weight.npy fam/layer2.bias.npy \
        fam/layer2.threshold.npy)
      rm -r a b
      """)
  }

  @Test func refusesArraysInAnotherOrder() throws {
    try shell.succeed(
      """
      mkdir a && tar xf u2.tar -C a
      jq '.members |= reverse' a/manifest.json > m && mv m a/manifest.json
      (cd a && tar cf ../odd.tar --format=ustar --numeric-owner manifest.json $(jq -r '.members[].name' manifest.json))
      """)
    try shell.fail(
      "fm-aggregate u1.tar odd.tar", 65, "out of order, expected fam/layer1.weight.npy")
  }

  /// A round that is repeated with the same state gives the same model.
  @Test func optimizersCarryTheirStateBetweenRounds() throws {
    for optimizer in ["fedavgm", "fedadam", "fedyogi"] {
      let call = "fm-aggregate --optimizer \(optimizer)"
      try shell.succeed(
        """
        \(call) --model model.tar --server-state-out o1 u[1-3].tar > m1.tar
        \(call) --model model.tar --server-state-out o1b u[1-3].tar | cmp - m1.tar; cmp o1 o1b
        test "$(tar xOf m1.tar manifest.json | jq -r .aggregation.optimizer)" = \(optimizer)
        fm-eval check o1 m1.tar > /dev/null
        for i in 1 2 3; do cp st$i t$i; fm-train-local -q --features part$i/s$i.tar --state t$i m1.tar -o v$i.tar; done
        \(call) --model m1.tar --server-state o1 --server-state-out o2 v[1-3].tar > m2.tar
        \(call) --model m1.tar v[1-3].tar > forgetful.tar
        ! cmp -s m2.tar forgetful.tar
        """)
      try shell.fail("\(call) --model model.tar --server-state o1 u1.tar", 65, "found round 1")
      try shell.fail("fm-aggregate o1", 65, "expected update or model, found server")
      #expect(try shell.run("fm-compress -q o1").status == 65)
    }
    // With β v = 0 and η = 1, the first step with momentum gives the mean.
    try shell.succeed(
      """
      fm-aggregate --optimizer fedavgm --model model.tar u[1-3].tar > a; fm-aggregate u[1-3].tar > b
      for f in a b; do mkdir x$f; tar xf $f -C x$f; done; cmp xa/fam/layer1.bias.npy xb/fam/layer1.bias.npy
      """)
    try shell.fail(
      "fm-aggregate --optimizer fedadam --model model.tar --server-state b u1.tar", 65,
      "expected server")
  }

  @Test func resumedRunKeepsItsRule() throws {
    let call =
      "fm-federate -q --seed 1 --hidden 8 --batch-size 8 --optimizer fedyogi --rule trimmed-mean --trim .34"
    try shell.succeed(
      "\(call) --run one --rounds 4 sites; \(call) --run two --rounds 2 sites; \(call) --run two --rounds 4 sites"
    )
    try shell.succeed(
      "for r in 1 2 3 4; do cmp one/rounds/00$r/model.tar.gz two/rounds/00$r/model.tar.gz; cmp one/rounds/00$r/server.tar two/rounds/00$r/server.tar; done"
    )
    let aggregation = try shell.succeed(
      "tar xOf one/rounds/004/model.tar.gz manifest.json | jq -r '.aggregation | .rule, .optimizer'"
    )
    #expect(aggregation == "trimmed-mean\nfedyogi\n")
    #expect(try shell.run("\(call) --guard 3 --run one --rounds 4 sites").status == 65)
  }
}
