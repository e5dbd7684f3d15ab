import Foundation
import Testing

/// Heads in closed form from exact sums: regions, added and removed sites, and private parts.
struct StatisticsTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
    try shell.succeed(
      """
      fm-aggregate --init --method gaussian --like all.tar -o first.tar
      for site in north east south; do
        fm-train-local -q --features sites/$site.tar --state $site.st -o $site.up first.tar
      done
      """)
  }

  @Test func orderAndGroupingChangeNoByte() throws {
    try shell.succeed(
      """
      set -e
      fm-aggregate north.up east.up south.up > one.tar
      fm-compress --filter zstd south.up | fm-aggregate north.up - east.up > two.tar
      fm-aggregate --partial coast east.up south.up > coast.up
      fm-aggregate --partial country coast.up north.up | fm-aggregate > three.tar -
      fm-aggregate coast.up north.up > four.tar
      for n in two three four; do cmp one.tar $n.tar; done
      """)
    let inputs = try shell.succeed(
      "tar xOf coast.up manifest.json | jq -c '.site, [.inputs[].site], .samples'")
    #expect(inputs == "\"coast\"\n[\"east\",\"south\"]\n72\n")
  }

  @Test func addsAndRemovesSites() throws {
    try shell.succeed(
      """
      set -e
      fm-aggregate --keep-statistics north.up south.up > two.tar
      fm-aggregate --keep-statistics north.up south.up east.up > three.tar
      fm-aggregate --add east.up two.tar | cmp - three.tar
      fm-aggregate --remove east.up three.tar | cmp - two.tar
      fm-aggregate --add east.up --remove north.up two.tar > other.tar
      fm-aggregate --keep-statistics south.up east.up | cmp - other.tar
      fm-aggregate --partial coast east.up north.up > coast.up
      fm-aggregate --remove coast.up three.tar > south.tar
      fm-aggregate --keep-statistics south.up | cmp - south.tar
      fm-aggregate --partial coast --remove east.up coast.up > smaller.up
      fm-aggregate --partial coast north.up | cmp - smaller.up
      # Another head of the same sums, and back.
      fm-aggregate --head ridge three.tar > ridge.tar
      fm-aggregate --keep-statistics --head ridge north.up south.up east.up | cmp - ridge.tar
      fm-aggregate --head auto ridge.tar | cmp - three.tar
      fm-aggregate --head ridge --shrinkage .5 --remove east.up three.tar > x.tar
      """)
    try shell.fail(
      "fm-aggregate --add east.up three.tar", 65, "duplicate site 'east', also in three.tar")
    try shell.fail("fm-aggregate --remove east.up two.tar", 65, "site 'east' is not in the sum")
    try shell.succeed(
      "fm-train-local -q --features sites/north.tar --min-samples 1 --state n.st -o n.up first.tar")
    // Only the same bytes are the same update of a site.
    try shell.succeed(
      """
      fm-extract --import -q --features features.npy --labels labels.npy --text text.npy --classes classes.txt \
        --table samples.tsv --encoder made-up |
        fm-partition -q --scheme column --column clinic --seed 2 -o again -
      fm-train-local -q --features again/east.tar --state e.st -o e.up first.tar
      """)
    try shell.fail(
      "fm-aggregate --remove e.up three.tar", 65, "another update of site 'east' is in the sum")
    try shell.fail(
      "fm-aggregate --remove north.up --remove south.up two.tar", 75, "no site is left in the sum")
    try shell.fail("fm-aggregate --remove east.up north.up", 64, "require a model that keeps")
    try shell.succeed("fm-aggregate north.up south.up > plain.tar")
    try shell.fail("fm-aggregate --add east.up plain.tar", 65, "expected an update, found a model")
    try shell.fail("fm-aggregate --head ridge model.tar", 65, "expected an update, found a model")
  }

  /// An update cannot include other sites, or other hyper-parameters of the server.
  @Test func aSiteCannotSpeakForOthers() throws {
    try shell.succeed(
      """
      fm-aggregate --partial west --output west.up east.up
      fm-aggregate --guard 99 --model first.tar --audit audit.tsv -o model1.tar west.up east.up north.up south.up
      """)
    #expect(
      try shell.succeed("awk -F '\t' '$1 == \"refused\" { print $3, $9 }' audit.tsv")
        == "west includes site 'east', which also sent its own update\n")
    #expect(
      try shell.succeed("tar xOf model1.tar manifest.json | jq -c '[.inputs[].site]'")
        == "[\"east\",\"north\",\"south\"]\n")
    // An update from a run with another head is refused.
    try shell.succeed(
      """
      fm-aggregate --init --method gaussian --head nb --like all.tar -o nb.tar
      fm-train-local -q --features sites/east.tar --state nb.st -o nb.up nb.tar
      fm-aggregate --keep-statistics north.up > a.tar; fm-aggregate --head ridge --keep-statistics east.up > b.tar
      """)
    try shell.fail("fm-aggregate --model first.tar nb.up", 65, "started from another model")
    try shell.fail("fm-aggregate a.tar b.tar", 65, "hyper-parameters differ")
    // A server that receives answers of sites refuses sums of several sites.
    try shell.succeed(
      """
      mkdir -p exchange/north/answer exchange/north/offer taken refused
      fm-aggregate --partial north -o exchange/north/answer/update.tar east.up south.up
      """)
    let received = try shell.run(
      """
      fm-aggregate receive update --model first.tar --exchange exchange --into taken --refused refused north east south
      """)
    #expect(received.errors.contains("a sum of several sites"))
    #expect(try shell.succeed("ls taken") == "")
  }

  @Test func refusesOptionsThatSumsExclude() throws {
    let updates = "north.up east.up south.up"
    for options in ["--rule median", "--weights samples", "--optimizer fedadam --model first.tar"] {
      try shell.fail("fm-aggregate \(options) \(updates)", 64, "computes its models itself")
    }
    try shell.fail(
      "fm-aggregate --partial x --rule median \(updates)", 64, "computes its models itself")
    try shell.fail(
      "fm-federate -q --run r0 --method gaussian --rule median sites", 64,
      "cannot be combined with a rule")
    try shell.fail(
      "fm-federate -q --run r0 --keep-statistics sites", 64, "requires --method gaussian")
    #expect(try shell.run("test -e r0").status == 1)
    try shell.fail("fm-aggregate --seed 3 \(updates)", 64, "the run options require --init")
    try shell.fail(
      "fm-aggregate --partial x --best-round 1 \(updates)", 64, "--partial cannot be combined with")
    try shell.fail("fm-aggregate north.up north.up", 65, "duplicate site 'north', also in north.up")
    try shell.fail("fm-compress --codec float16 north.up", 64, "float16 is lossy")
    try shell.fail(
      "fm-federate -q --run run --method gaussian --codec float16 sites", 64, "float16 is lossy")
    try shell.fail(
      "fm-federate -q --run r --method gaussian --rounds 2 sites", 64,
      "method gaussian has at most 1")
    try shell.succeed("fm-aggregate \(updates) > second.tar")
    try shell.fail(
      "fm-train-local --features sites/east.tar --state x.st second.tar", 65, "has one round")
    try shell.fail(
      "fm-train-local --personalize --features sites/east.tar --state x.st first.tar", 65,
      "requires a finished model")
    // The update is of another method.
    try shell.succeed(
      "fm-train-local -q --features sites/east.tar --state c.st -o clip.up model.tar")
    try shell.fail("fm-aggregate north.up clip.up", 65, "clip.up: method differs")
    try shell.fail("fm-aggregate --partial x clip.up", 64, "partial sums require a method")
    try shell.fail("fm-aggregate --keep-statistics clip.up", 64, "sends no statistics to keep")
  }

  @Test func refusesToSendSumsOfFewSamples() throws {
    try shell.fail(
      "fm-train-local --features sites/east.tar --state x.st --min-samples 50 first.tar", 77,
      "36 training samples; an update of fewer than 50 reveals too much")
    #expect(try shell.run("test -e x.st").status == 1)
    let run = try shell.run(
      "fm-federate --run run --method gaussian --min-samples 50 sites; echo $?")
    #expect(run.text == "75\n")
    #expect(run.errors.contains("36 training samples; an update of fewer than 50"))
  }

  /// This lists all contents of the files that leave a site.
  @Test func privatePartStaysAtItsSite() throws {
    try shell.succeed("fm-federate -q --run run --method gaussian --seed 1 sites")
    let update = try shell.succeed("tar tf run/rounds/001/updates/east.tar.gz")
    #expect(
      update == """
        manifest.json
        statistics/counts.npy
        statistics/class_sums.npy
        statistics/second_moments.npy

        """)
    let manifest = try shell.succeed(
      "tar xOf run/rounds/001/updates/east.tar.gz manifest.json | jq -c keys_unsorted")
    #expect(
      manifest == #"""
        ["format","version","kind","tool","method","round","site","samples","classes","encoder","parameters","parent","members"]

        """#)
    let validation = try shell.succeed(
      "tar xOf run/rounds/001/reports/east.tar metrics.json | jq -c 'keys_unsorted, (.personal | keys), (.logLosses | length)'"
    )
    #expect(
      validation
        == #"["split","total","minCount","personal","logLosses"]"# + "\n[\"correct\"]\n29\n")
    let test = try shell.succeed(
      "tar tf run/results/east.tar; tar xOf run/results/east.tar metrics.json | jq -c keys_unsorted"
    )
    #expect(
      test == "manifest.json\nmetrics.json\n"
        + #"["split","total","minCount","majority","alone","shared","prior","personal"]"# + "\n")
    // The model is sent to the sites; the state stays.
    let model = try shell.succeed("tar tf run/rounds/001/calibrated.tar.gz | paste -s -d ' '")
    #expect(
      model
        == "manifest.json mean.npy scale.npy weight.npy bias.npy prior.npy temperature.npy\n")
    let state = try shell.succeed("tar tf run/sites/east/state.tar | paste -s -d ' '")
    #expect(state.contains("personal/prior.npy personal/temperature.npy residual/mean.npy"))
    #expect(try shell.run("test -e run/sites/global").status == 1)
  }

  @Test func predictsForAKnownClassDistribution() throws {
    try shell.succeed("fm-federate -q --run run --method gaussian --seed 1 sites")
    let predict = "fm-eval predict --features sites/east.tar run/rounds/001/calibrated.tar.gz"
    #expect(
      try shell.succeed("\(predict) --prior 0,0,3 | sed 1d | cut -f 2 | sort -u") == "three\n")
    try shell.fail("\(predict) --prior 1,2", 64, "--prior has 2 numbers, expected 3")
    try shell.fail("\(predict) --prior 1,x,2", 64, "prior")
    try shell.fail(
      "fm-eval predict --features sites/east.tar --prior 1,1,1 model.tar", 64,
      "--prior has no effect with method fedmedclip")
    // A private part that was fitted to another model is not used, with a message.
    try shell.succeed("fm-aggregate run/rounds/001/updates/[ne]*.tar.gz > two.tar")
    let other = try shell.run(
      "fm-eval predict --features sites/east.tar --state run/sites/east/state.tar two.tar | head -n 1"
    )
    #expect(other.errors.contains("no private part fitted to two.tar"))
    try shell.succeed(
      """
      cp run/sites/east/state.tar s.tar
      fm-train-local -q --personalize --features sites/east.tar --state s.tar two.tar; cp s.tar t.tar
      fm-train-local -q --personalize --features sites/east.tar --state s.tar two.tar; cmp s.tar t.tar
      fm-eval predict --features sites/east.tar --state s.tar two.tar > p
      """)
  }

  /// The run is called by cron, uses another number of processes, or is killed at any moment.
  @Test func everyModeGivesTheSameBytes() throws {
    let run = "--method gaussian --seed 1"
    try shell.succeed(
      """
      set -e
      tar xOf all.tar manifest.json > spec.json; mkdir data
      fm-federate -q --run whole \(run) sites
      fm-federate -q --run jobs -j 1 \(run) sites
      diff -r -x '*.txt' -x '*.lock' whole jobs
      for visit in 1 2 3 4; do
        fm-federate -q --run served \(run) --launcher wait --spec spec.json north east south || test $? = 75
        for site in north east south; do
          fm-poll -q --server served/exchange/$site --features sites/$site.tar --state data/$site
        done
      done
      cmp whole/table.tsv served/table.tsv
      cmp whole/rounds/001/calibrated.tar.gz served/rounds/001/calibrated.tar.gz
      cmp whole/sites/east/state.tar data/east
      fm-eval check served > checked; fm-eval check whole >> checked
      for tenths in 1 2 3 4 5 6 7 8; do
        timeout -s KILL 0.$tenths setsid fm-federate -q --run killed \(run) sites || true
      done
      fm-federate -q --run killed \(run) sites
      diff -r -x '*.txt' -x '*.lock' whole killed
      """)
    // The temperature is fitted once; a late report changes nothing.
    try shell.succeed(
      """
      rm -r killed/finished killed/results killed/tested killed/rounds/001/reports/east.tar
      fm-federate -q --run killed \(run) sites 2> errors
      test ! -e killed/rounds/001/reports/east.tar
      grep -q 'no report from east' errors
      cmp whole/table.tsv killed/table.tsv; fm-eval check killed > checked
      """)
    // The calibration of a model at the server is verified.
    try shell.succeed("cp whole/rounds/001/model.tar.gz jobs/rounds/001/calibrated.tar.gz")
    let checked = try shell.run("fm-eval check jobs")
    #expect(checked.status == 65)
    #expect(checked.errors.contains("calibrated.tar.gz"))
  }
}
