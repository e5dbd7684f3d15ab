import Foundation
import Testing

/// Usage errors, invalid data and system failures: exit code, one line of error, and no files left.
struct FailureTests {
  let shell: Shell

  init() throws {
    shell = try Shell()
    try shell.makeRun()
  }

  @Test func usageErrorsExitWith64() throws {
    for call in [
      "fm-eval", "fm-eval --frobnicate", "fm-partition", "fm-partition --scheme foo samples.tsv",
      "fm-partition --scheme iid samples.tsv", "fm-partition --scheme iid --sites 0 samples.tsv",
      "fm-partition --scheme dirichlet --sites 3 samples.tsv",
      "fm-partition --scheme dirichlet --sites 3 --alpha 0 samples.tsv",
      "fm-partition --scheme whole samples.tsv",
      "fm-partition --scheme whole --site x --split 1/2/3 samples.tsv",
      "fm-partition --scheme whole --site x --holdout x --holdout-fraction .1 samples.tsv",
      "fm-partition --scheme whole --site x --holdout-fraction 1 samples.tsv",
      "fm-partition --scheme whole --site x all.tar", "fm-extract", "fm-extract --import",
      "fm-train-local --features all.tar model.tar", "fm-train-local model.tar",
      "fm-aggregate", "fm-aggregate --init", "fm-aggregate --init --like all.tar --spec x",
      "fm-aggregate --init --like all.tar --beta1 2", "fm-aggregate --seed 1 model.tar",
      "fm-aggregate --init --like all.tar --weights samples",
      "fm-aggregate --init --like all.tar model.tar", "fm-compress --codec foo model.tar",
      "fm-compress -d --codec float16 model.tar", "fm-compress --filter foo model.tar",
      "fm-eval check", "fm-eval table --features x y", "fm-eval score --features all.tar a b",
      "fm-eval check --table x", "fm-eval --metric accuracy --features all.tar model.tar",
      "fm-eval check --quiet --verbose all.tar", "fm-compress -o model.tar model.tar",
      "fm-partition --scheme whole --site x -o samples.tsv samples.tsv",
      "fm-train-local --features all.tar --state s -o model.tar model.tar",
      "fm-train-local --features all.tar --state s --log s model.tar",
      "fm-train-local --features all.tar --state s --log - model.tar",
      "fm-train-local --features all.tar --state s --log ./s model.tar",
      "fm-train-local --features all.tar --state s --log sites/../u -o u model.tar",
      "fm-eval predict --features all.tar --report-out r --predictions-out ./r model.tar",
      "fm-train-local --features all.tar --state s --log u -o u model.tar",
      "fm-train-local --features all.tar --state s --log model.tar model.tar",
      "fm-train-local --features - --state s -",
      "fm-eval predict --features all.tar --report-out r --predictions-out r model.tar",
      "fm-eval score --features all.tar --report-out r -o r model.tar",
      "fm-eval predict --predictions-out p --report-out r --features all.tar model.tar",
      "fm-compress -o model.tar < model.tar",
      "fm-partition --scheme iid --sites 2 --alpha 1 all.tar",
      "fm-partition --scheme whole --site x --label label all.tar -o x",
      "fm-partition --scheme dirichlet --sites 3 --alpha 1e-300 samples.tsv",
    ] {
      let outcome = try shell.run(call)
      #expect(outcome.status == 64, "\(call)\n\(outcome.errors)")
      #expect(outcome.output.isEmpty, "\(call)")
      let lines = outcome.lines.filter { !$0.contains(": hint: ") }
      #expect(lines.count == 1 && lines[0].hasPrefix("fm-"), "\(call)\n\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: shell.folder.path + "/s"))
  }

  @Test func missingInputExitsWith66() throws {
    for call in [
      "fm-partition --scheme whole --site x none", "fm-compress none", "fm-aggregate none",
      "fm-train-local --features none --state s model.tar", "fm-eval check none",
      "fm-train-local --features sites/north.tar --state none --state-out s model.tar",
      "fm-eval score --features sites/north.tar none", "fm-compress .",
      "fm-aggregate --init --like none",
    ] {
      let outcome = try shell.run(call + " > /dev/null")
      #expect(outcome.status == 66, "\(call)\n\(outcome.errors)")
      #expect(outcome.lines.count == 1, "\(call)\n\(outcome.errors)")
    }
  }

  @Test func invalidDataExitsWith65() throws {
    try shell.write("short.tsv", "sample\tlabel\ns0\tone\ts\n")
    try shell.write("few.tsv", "sample\tlabel\ns0\tone\n")
    try shell.writeArray("three.npy", "<i4", [3], [UInt8](repeating: 0, count: 12))
    try shell.writeArray("complex.npy", "<c8", [90, 8], [UInt8](repeating: 0, count: 90 * 64))
    try shell.writeArray("nan.npy", "<f4", [90, 8], [UInt8](repeating: 255, count: 90 * 32))
    try shell.writeArray("cut.npy", "<f4", [90, 8], [0])
    try shell.writeArray("zeros.npy", "<i4", [90], [UInt8](repeating: 0, count: 360))
    try shell.writeArray("nine.npy", "<i4", [90], [UInt8](repeating: 9, count: 360))
    let base = Shell.importCommand
    func swap(_ from: String, _ to: String) -> String { base.replacing(from, with: to) }
    try shell.fail(swap("samples.tsv", "short.tsv"), 65, "short.tsv: line 2: 3 cells")
    try shell.fail(swap("samples.tsv", "few.tsv"), 65, "few.tsv: 1 samples for 90 rows of features")
    try shell.fail(swap("labels.npy", "three.npy"), 65, "three.npy: 3 labels for 90 samples")
    try shell.fail(swap("labels.npy", "features.npy"), 65, "features.npy: <f2 of shape [90, 8]")
    try shell.fail(swap("labels.npy", "zeros.npy"), 65, "sample 1 is 'one', the table says 'two'")
    try shell.fail(swap("labels.npy", "nine.npy"), 65, "label 151587081 of sample 0")
    try shell.fail(swap("features.npy", "complex.npy"), 65, "complex.npy: elements of type <c8")
    try shell.fail(swap("features.npy", "nan.npy"), 65, "nan.npy: sample 0 has a feature")
    try shell.fail(swap("features.npy", "cut.npy"), 65, "cut.npy: 1 bytes of data")
    try shell.fail(
      swap("features.npy", "classes.txt"), 65, "classes.txt: line 2: column 'one': 'two'")
    try shell.fail(swap("text.npy", "features.npy"), 65, "expected floats of shape [3, 8]")
    try shell.fail(
      "fm-partition --scheme column --column none all.tar -o x", 65, "no column 'none'")
    try shell.fail(
      "fm-partition --scheme iid --sites 2 --label x samples.tsv", 65, "samples.tsv: no column 'x'")
    try shell.fail("fm-partition --scheme iid --sites 91 all.tar -o x", 65, "91 sites require")
    try shell.fail(
      "fm-train-local --features all.tar --state s model.tar", 65, "all.tar: no site name")
    try shell.fail("fm-aggregate model.tar", 65, "model.tar: expected an update, found a model")
    try shell.fail("fm-compress all.tar", 65, "all.tar: expected model or update, found features")
    try shell.fail("head -c 3000 model.tar | fm-compress", 65, "standard input: ")
    try shell.fail("fm-compress < /dev/null", 65, "standard input: empty file")
    try shell.fail(
      "fm-aggregate --init --spec classes.txt", 65, "classes.txt: specification: byte 0: not JSON")
    #expect(try shell.names().contains("s") == false)
  }

  /// `fm-eval check` verifies every file, reports each error, and fails.
  @Test func checkContinuesAfterAFailure() throws {
    let outcome = try shell.run(
      "head -c 9000 all.tar > cut.tar; fm-eval check classes.txt model.tar cut.tar all.tar")
    #expect(outcome.status == 65)
    #expect(outcome.text.split(separator: "\n").count == 3)
    #expect(outcome.lines.count == 2 || outcome.lines.count == 3)
    #expect(outcome.errors.contains("classes.txt: not a tar archive"))
    #expect(outcome.errors.contains("cut.tar: "))
  }

  @Test func refusesToSendAState() throws {
    try shell.succeed("fm-train-local -q --features sites/north.tar --state s model.tar > u.tar")
    try shell.fail("fm-compress s", 77, "s: expected model or update, found state")
    try shell.fail("fm-aggregate s u.tar", 77, "s: expected update or model, found state")
  }

  @Test func tooFewUpdatesExitWith75() throws {
    try shell.succeed("fm-train-local -q --features sites/north.tar --state s model.tar > u.tar")
    try shell.fail(
      "fm-aggregate --min-updates 2 u.tar", 75, "expected updates of at least 2 sites, found 1")
  }

  /// A full device or a limit on file sizes leads to exit code 74 and leaves no file, not even a
  /// temporary one.
  @Test func reportsAFullDisk() throws {
    for call in [
      "fm-compress -q model.tar", "fm-eval --help", "fm-eval --version",
      "fm-aggregate --init --like all.tar", "fm-eval check all.tar", "\(Shell.importCommand)",
      "fm-partition -q --scheme whole --site x samples.tsv",
      "fm-eval predict --features sites/north.tar model.tar",
    ] {
      let outcome = try shell.run("\(call) > /dev/full")
      #expect(outcome.status == 74, "\(call)\n\(outcome.errors)")
      #expect(outcome.errors.contains("no space left"), "\(call)\n\(outcome.errors)")
    }
    // A closed standard output is not replaced by the next file that is opened.
    let closed = try shell.run("exec >&-; fm-aggregate --init --like all.tar; echo $? >&2")
    #expect(
      closed.errors == "fm-aggregate: standard output: cannot write: bad file descriptor\n74\n")
    let before = try shell.names()
    let calls = [
      "fm-compress -q --filter none model.tar -o new.tar", "\(Shell.importCommand) -o new.tar",
      "fm-train-local -q --features sites/north.tar --state new model.tar",
    ]
    for call in calls {
      let outcome = try shell.run("ulimit -f 1; \(call) > /dev/null 2>&1")
      #expect(outcome.status == 74, "\(call)")
      #expect(try shell.names() == before, "\(call)")
    }
    try shell.fail("fm-compress -q model.tar -o none/new.tar", 73, "none: no such folder")
    try shell.fail("fm-compress -q model.tar -o sites", 73, "sites: cannot write")
  }

  /// The message does not name the file or folder that cannot be created in it.
  @Test func namesTheMissingFolder() throws {
    try shell.fail(
      "fm-partition --scheme whole --site a -o here/and/there all.tar", 73, "here: no such folder")
    try shell.succeed("mkdir here")
    try shell.fail(
      "fm-partition --scheme whole --site a -o here/and/there all.tar", 73,
      "here/and: no such folder")
    try shell.fail("fm-compress -q model.tar -o /none/of/it", 73, "/none: no such folder")
  }

  /// The error names the key that differs, and the hint says what to do.
  @Test func namesTheKeyInWhichEncodersDiffer() throws {
    for (options, key, hint) in [
      (("--encoder made-up", "--encoder other"), "encoder.name other, the model", "the same name"),
      (
        ("--encoder made-up", "--encoder made-up --logit-scale 9"), "logitScale 9.0, the model",
        "the same logit scale"
      ),
      (("text.npy", "text2.npy"), "encoder.text ", "text.npy"),
    ] {
      try shell.succeed(
        "{ head -c 128 text.npy; head -c 96 /dev/zero | tr '\\0' '?'; } > text2.npy")
      try shell.succeed(
        Shell.importCommand.replacing(options.0, with: options.1)
          + " | fm-partition -q --scheme whole --site north -o other -")
      let outcome = try shell.run(
        "fm-train-local --features other/north.tar --state x model.tar")
      #expect(outcome.status == 65 && outcome.errors.contains(key), "\(outcome.errors)")
      #expect(outcome.lines.last?.contains("hint: ") == true)
      #expect(outcome.lines.last?.contains(hint) == true)
    }
  }

  /// Schemes that distribute classes over sites require samples of all classes.
  @Test func acceptsASiteWithoutSamplesOfAClass() throws {
    try shell.succeed(
      """
      printf 'one\ntwo\nthree\nfour\n' > four.txt
      fm-extract --import -q --features features.npy --labels labels.npy --anchors 2 --classes four.txt \
        --encoder x -o four.tar 2> errors || true
      grep -q "class 'four' has 0 images, too few for 2 anchors" errors
      """)
    try shell.writeArray("text4.npy", "<f4", [4, 8], [UInt8](repeating: 63, count: 128))
    try shell.succeed(
      """
      fm-extract --import -q --features features.npy --labels labels.npy --text text4.npy \
        --classes four.txt --table samples.tsv --encoder x -o four.tar
      fm-partition -q --scheme whole --site 'St. Anna' --stratify -o mine four.tar
      fm-partition -q --scheme column --column clinic --stratify -o each four.tar
      fm-aggregate --init --like four.tar --hidden 8 -o four.model
      fm-train-local -q --features mine/st-anna.tar --state st four.model > u
      fm-eval score --features mine/st-anna.tar --state st four.model > scores.tsv
      """)
    try shell.fail(
      "fm-partition --scheme iid --sites 2 -o x four.tar", 65, "class 'four' has no sample")
  }

  @Test func refusesAFolderWithOtherArchives() throws {
    try shell.fail(
      "fm-partition --scheme whole --site east -o sites all.tar", 73,
      "sites: contains north.tar, which is not part of this partition")
    try shell.succeed("fm-partition -q --scheme column --column clinic --seed 2 -o sites all.tar")
  }

  @Test func statesAreReadableOnlyByTheirOwner() throws {
    try shell.succeed(
      "umask 022; fm-train-local -q --features sites/north.tar --state s -o u.tar model.tar")
    #expect(try shell.succeed("stat -c %a s u.tar") == "600\n644\n")
  }
}
