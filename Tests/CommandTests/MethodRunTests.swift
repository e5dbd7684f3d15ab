import FedMed
import Foundation
import Testing

/// Runs of every method with the same tools, scripts and archives.
struct MethodRunTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun(180)
  }

  /// The options of a run, and the predictors of the result.
  static let runs: [(options: String, predictors: String)] = [
    ("--method linear", "head"), ("--method fedprox --mu .1", "head"),
    ("--method fedprox --base fedmedclip --hidden 8", "fam mlp ensemble"),
    ("--method local", "head"), ("--method local --base fedmedclip --hidden 8", "fam mlp ensemble"),
    ("--method zero-shot", "texts"), ("--contrast classes --hidden 8", "fam mlp ensemble"),
    ("--classifier none", "fam"), ("--masks none --mixture even --hidden 8", "fam mlp ensemble"),
    ("--method linear --inputs raw --start zeros --local-optimizer sgd --momentum .9", "head"),
    ("--method gaussian", "shared prior personal"),
    ("--method gaussian --head ridge", "shared prior personal"),
    ("--method gaussian --head nb --shrinkage .5", "shared prior personal"),
    ("--method local-linear", "alone"),
  ]

  /// A run is repeated, verified, calibrated, scored and used for predictions.
  @Test(arguments: runs.indices)
  func runsFromStartToReport(index: Int) throws {
    let (method, predictors) = Self.runs[index]
    let words = method.split(separator: " ").map(String.init)
    let name = words.firstIndex(of: "--method").map { words[$0 + 1] } ?? "fedmedclip"
    let definition = try Methods.named(name)
    let trains = try definition.parameters().contains {
      $0.key == TrainingParameters.batchSize.key
    }
    let options = trains ? "\(method) --batch-size 8" : method
    let rounds = definition.isOneRound ? 1 : 2
    // The model that sites test, and fit their private parts to.
    let model = name == "gaussian" ? "calibrated" : "model"
    let file = "one/rounds/00\(rounds)/\(model).tar.gz"
    try shell.succeed(
      """
      set -e
      for run in one two; do
        fm-federate -q --run $run --rounds \(rounds) --seed 3 --calibrate \(options) sites
      done
      diff -r -x '*.txt' -x '*.lock' one two
      fm-eval check one > checked
      fm-eval report --html page.html one
      fm-eval score --features sites/east.tar --state one/sites/east/state.tar \(file) > s
      fm-eval predict --features sites/east.tar --state one/sites/east/state.tar \\
        --predictions-out p.tar \(file)
      fm-eval score p.tar > scores; fm-eval predict --features sites/east.tar \(file) > p
      """)
    let header = try shell.succeed("head -n 1 one/table.tsv")
    let baselines = predictors == "alone" ? "majority " : "majority alone "
    #expect(
      header == "site samples \(baselines)\(predictors) calibrated\n".replacing(" ", with: "\t"))
    let names = try shell.succeed("sed 1d s | cut -f 4 | paste -s -d ' '")
    #expect(names == predictors + " calibrated\n" || names == predictors + "\n")
  }

  @Test func methodSetsTheNumberOfRounds() throws {
    try shell.succeed(
      "fm-federate -q --run run --method zero-shot sites; test -e run/rounds/001/model.tar.gz")
    #expect(try shell.run("test -e run/rounds/002").status == 1)
    // Only manifests are sent.
    let members = try shell.succeed("tar tf run/rounds/001/updates/east.tar.gz")
    #expect(members == "manifest.json\n")
  }

  @Test func refusesOptionsOfOtherMethods() throws {
    try shell.fail(
      "fm-federate -q --run run --method linear --lambda 1 sites", 64,
      "--lambda has no effect with --method linear")
    try shell.fail("fm-federate -q --run run2 --method nope sites", 64, "unknown method 'nope'")
    try shell.fail("fm-federate -q --run run3 --nope 1 sites", 64, "unknown option '--nope'")
    try shell.fail(
      "fm-federate -q --run run4 --batch-size 1 sites", 64, "--batch-size must be from 2 to 4096")
    try shell.succeed("fm-federate -q --run run --method linear --rounds 1 sites")
    // A run keeps its method.
    try shell.fail(
      "fm-federate -q --run run --rounds 1 sites", 65, "the run was started with different settings"
    )
  }

  /// Updates and states of one method cannot be used with another.
  @Test func refusesToMixMethods() throws {
    try shell.succeed(
      """
      fm-aggregate --init --method linear --batch-size 8 --like all.tar -o linear.tar
      fm-train-local -q --features sites/east.tar --state linear.st -o linear.up linear.tar
      fm-train-local -q --features sites/north.tar --state clip.st -o clip.up model.tar
      """)
    try shell.fail("fm-aggregate -q linear.up clip.up", 65, "method differs from")
    try shell.fail(
      "fm-train-local -q --features sites/east.tar --state linear.st model.tar", 65,
      "belongs to another run")
    try shell.fail(
      "fm-eval score --features sites/east.tar --state linear.st model.tar", 65,
      "belongs to another run")
  }

  /// A server without features starts a method that needs the class texts from a file of them.
  @Test func takesClassTextsWithTheSpecification() throws {
    try shell.succeed("tar xOf all.tar manifest.json > spec.json; tar xOf all.tar text.npy > t.npy")
    let start = "fm-aggregate --init --method linear --seed 1"
    try shell.fail("\(start) --spec spec.json", 64, "starts from the class texts")
    #expect(try shell.run("\(start) --spec spec.json --start zeros").status == 0)
    try shell.succeed(
      """
      \(start) --spec spec.json --text t.npy > a.tar; \(start) --like all.tar > b.tar; cmp a.tar b.tar
      """)
    try shell.writeArray(
      "other.npy", "<f4", [3, 8], (0..<24).flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } })
    try shell.fail(
      "\(start) --spec spec.json --text other.npy", 65, "class texts differ from those")
  }

  /// Sites on their own, with signatures, make what one machine makes.
  @Test func sitesThatPollGiveTheSameBytes() throws {
    try shell.succeed(
      """
      tar xOf all.tar manifest.json > spec.json; tar xOf all.tar text.npy > t.npy; mkdir data
      for name in north east south server; do
        ssh-keygen -q -t ed25519 -N '' -f key.$name
        printf '%s %s\\n' $name "$(cut -d ' ' -f 1,2 key.$name.pub)" >> signers
      done
      fm-federate -q --run whole --rounds 2 --seed 3 --method fedprox --codec float32 sites
      for visit in 1 2 3 4 5; do
        fm-federate -q --run served --rounds 2 --seed 3 --method fedprox --codec float32 --launcher wait \\
          --spec spec.json --text t.npy --sign key.server --allowed-signers signers north east south || test $? = 75
        test $visit = 5 || for site in north east south; do
          fm-poll -q --server served/exchange/$site --features sites/$site.tar --state data/$site \\
            --allowed-signers signers --sign key.$site
        done
      done
      cmp whole/table.tsv served/table.tsv; cmp whole/rounds/002/model.tar.gz served/rounds/002/model.tar.gz
      """)
  }
}
