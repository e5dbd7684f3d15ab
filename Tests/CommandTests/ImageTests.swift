import FedMed
import Foundation
import Testing

/// fm-extract on image files, with small checkpoints in Hugging Face layout.
struct ImageTests {
  let shell: Shell
  static let goldenFolder = Shell.root.appendingPathComponent("Tests/FedMedTests/Golden")
  /// The path, quoted for the shell.
  let golden = "'\(goldenFolder.path)'"

  /// Creates five images in two class folders, each as PNG and JPEG.
  init() throws {
    shell = try Shell()
    try shell.succeed(
      """
      mkdir -p 'images/no tumour' images/glioma
      for i in 0 1 2; do cp \(golden)/preprocess/$i.png \(golden)/preprocess/$i.jpg images/glioma; done
      for i in 3 4; do cp \(golden)/preprocess/$i.png \(golden)/preprocess/$i.jpg 'images/no tumour'; done
      """)
  }

  func array(_ archive: String, _ member: String) throws -> [Float] {
    try shell.array(archive, member)
  }

  /// The features equal those of transformers, for any number of threads.
  @Test func encodesFoldersOfImages() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      "\(call) -j 1 images -o one.tar; \(call) -j 2 images > two.tar; cmp one.tar two.tar")
    let names = try shell.succeed("tar xOf one.tar samples.tsv | cut -f 1,2")
    #expect(names.hasPrefix("sample\tlabel\nglioma/0.jpg\tglioma\nglioma/0.png\tglioma\n"))
    #expect(names.hasSuffix("no tumour/4.png\tno tumour\n"))
    let ours = try array("one.tar", "features")
    let bytes = [UInt8](
      try Data(
        contentsOf: Self.goldenFolder.appendingPathComponent("clip-tiny/expect/image_features.npy"))
    )
    let expected = Array(bytes[128...]).withUnsafeBytes { data in
      stride(from: 0, to: data.count, by: 4).map {
        data.loadUnaligned(fromByteOffset: $0, as: Float.self)
      }
    }
    // The expected features are in the order png, jpg.
    let largest = expected.map(\.magnitude).max() ?? 0
    for image in 0..<10 {
      for i in 0..<48 {
        let other = (image ^ 1) * 48 + i
        #expect(abs(ours[image * 48 + i] - expected[other]) < 2e-3 * largest)
      }
    }
    let encoder = try shell.succeed(
      "tar xOf one.tar manifest.json | jq -r '.encoder.name, .encoder.sha256, (.encoder.logitScale | round)'"
    )
    let sum = try shell.succeed("sha256sum < \(golden)/clip-tiny/model.safetensors | cut -c-64")
    #expect(encoder == "clip-tiny\n\(sum)100\n")
  }

  /// Corruption is reproducible. Corrupted images can be used for evaluation, but not for training.
  @Test func corruptsImages() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed("\(call) images > plain.tar")
    let plain = try array("plain.tar", "features")
    func distance(_ archive: String) throws -> Float {
      zip(try array(archive, "features"), plain).reduce(0) { $0 + ($1.0 - $1.1).magnitude }
    }
    for (name, weak, strong) in [
      ("noise", "10", "80"), ("blur", ".5", "4"), ("jpeg", "95", "5"),
    ] {
      try shell.succeed(
        """
        \(call) --damage \(name)=\(weak) images > weak.tar; \(call) --damage \(name)=\(strong) images > strong.tar
        \(call) -j 1 --damage \(name)=\(strong) images | cmp - strong.tar
        """)
      let (a, b) = (try distance("weak.tar"), try distance("strong.tar"))
      #expect(0 < a && a < b, "\(name)")
    }
    try shell.succeed(
      """
      test "$(tar xOf strong.tar manifest.json | jq -r .damage)" = jpeg=5
      for set in plain strong; do
        fm-partition -q --scheme whole --site a -o $set $set.tar; tar xOf $set/*.tar split.txt > $set.split
      done
      cmp plain.split strong.split
      fm-aggregate --init --like plain/a.tar --hidden 8 --batch-size 4 > model.tar
      fm-eval score -q --features strong/a.tar --split all model.tar | grep -q ensemble
      """)
    try shell.fail(
      "fm-train-local -q --features strong/a.tar --state s model.tar", 65, "corrupted (jpeg=5)")
    for damage in ["blur", "blur=x", "blur=-1", "jpeg=0", "jpeg=5.5", "fog=1", "noise=300"] {
      #expect(try shell.run("\(call) --damage \(damage) images").status == 64, "\(damage)")
    }
  }

  @Test func usesTheGivenClassTexts() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.write("texts", "glioma\ta picture of a glioma\nno tumour\ta picture of a no tumour\n")
    try shell.succeed(
      """
      \(call) images > a.tar; \(call) --texts texts images > b.tar; cmp a.tar b.tar
      \(call) --prompt 'a {} scan' images > c.tar
      \(call) --prompt 'a {} scan' --prompt 'a picture of a {}' images > d.tar
      printf 'no tumour\\nglioma\\n' > classes; \(call) --classes classes images > e.tar
      """)
    let (a, c, d) = (
      try array("a.tar", "text"), try array("c.tar", "text"), try array("d.tar", "text")
    )
    #expect(a != c)
    func normed(_ x: ArraySlice<Float>) -> [Float] {
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return x.map { $0 / norm }
    }
    for row in [0..<48, 48..<96] {
      let mean = zip(normed(a[row]), normed(c[row])).map { ($0 + $1) / 2 }
      for (x, y) in zip(mean, d[row]) { #expect(abs(x - y) < 1e-6) }
    }
    #expect(try Array(array("e.tar", "text")[..<48]) == Array(a[48...]))
    #expect(
      try shell.succeed("tar xOf e.tar manifest.json | jq -c .classes")
        == "[\"no tumour\",\"glioma\"]\n")
  }

  /// For an encoder without texts, an anchor is the mean of images, which are then excluded.
  @Test func usesAnchorsInPlaceOfTexts() throws {
    let call = "fm-extract -q --checkpoint \(golden)/dinov2-tiny"
    try shell.write(
      "table.tsv",
      "id\tpath\tlabel\n"
        + (0..<10).map { i in
          let folder = i / 2 < 3 ? "glioma" : "no tumour"
          return "i\(i)\t\(folder)/\(i / 2).\(i % 2 == 0 ? "png" : "jpg")\t\(folder)\n"
        }.joined())
    try shell.fail("\(call) images", 64, "the checkpoint has no text tower")
    try shell.succeed("\(call) --table table.tsv --anchors 2 --seed 3 images > a.tar")
    try shell.succeed("\(call) --table table.tsv --anchors 2 --seed 3 images | cmp - a.tar")
    #expect(
      try shell.succeed("tar xOf a.tar manifest.json | jq -c '.anchors, .samples'") == "2\n6\n")
    try shell.succeed("\(call) --table table.tsv --anchors 1 --seed 3 images > b.tar")
    #expect(try array("a.tar", "text") != array("b.tar", "text"))
    try shell.fail(
      "\(call) --table table.tsv --anchors 4 images", 65, "has 4 images, too few for 4 anchors")
  }

  @Test func failsOnUnreadableImagesOrSkipsThem() throws {
    let call = "fm-extract --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      "head -c 900 images/glioma/1.jpg > images/glioma/cut.jpg; echo x > images/glioma/note.txt")
    try shell.fail("\(call) images", 65, "images/glioma/cut.jpg: ")
    let outcome = try shell.run("\(call) --skip-unreadable images -o a.tar")
    #expect(outcome.status == 0)
    #expect(
      outcome.errors.contains("images/glioma/note.txt: not a JPEG, PNG, TIFF or PNM (skipped)"))
    #expect(outcome.errors.contains("skipped images: 2"))
    #expect(try shell.succeed("tar xOf a.tar manifest.json | jq .samples") == "10\n")
  }

  @Test func refusesInvalidCheckpoints() throws {
    func call(_ folder: String) -> String { "fm-extract --checkpoint \(folder) images" }
    try shell.succeed("cp -r \(golden)/clip-tiny c")
    try shell.fail(call("none"), 66, "none/config.json: cannot open")
    try shell.succeed(
      "mkdir d; cp c/*.json c/merges.txt d; head -c 2000000 c/model.safetensors > d/model.safetensors"
    )
    try shell.fail(call("d"), 65, "lies outside the file")
    try shell.succeed("head -c 4 c/model.safetensors > d/model.safetensors")
    try shell.fail(call("d"), 65, "not a safetensors file")
    try shell.succeed("cp \(golden)/dinov2-tiny/model.safetensors d/")
    try shell.fail(
      call("d"), 65, "missing tensor vision_model.embeddings.position_embedding.weight")
    try shell.succeed("sed 's/\"clip\"/\"bert\"/' c/config.json > d/config.json")
    try shell.fail(call("d"), 65, "model_type 'bert' (known: clip, ")
    try shell.succeed("cp c/* d; echo '{}' > d/vocab.json")
    try shell.fail(call("d"), 65, "missing the tokens <|startoftext|> and <|endoftext|>")
    try shell.succeed(
      "cp c/* d; sed 's/\"resample\": 3/\"resample\": 0/' c/preprocessor_config.json > d/preprocessor_config.json"
    )
    try shell.fail(call("d"), 65, "resample 0, expected 1 to 5")
  }

  @Test func refusesInvalidCalls() throws {
    let base = "fm-extract --checkpoint \(golden)/clip-tiny"
    for call in [
      "fm-extract images", "\(base) --text x --prompt '{}' images", "\(base) --import images",
      "\(base) --features x images",
      "\(base) --prompt none images", "\(base) --anchors 1 --prompt '{}' images",
      "\(base) --anchors 0 images", "\(base) --seed 1 images", "\(base) -j 0 images",
      "\(base) --path x images", "\(base) --texts x --prompt '{}' images",
      "\(base) --window 40 images", "\(base) --window -600,-1 images",
      "\(base) --window 40,0 images",
      "\(base) --table - - < /dev/null",
    ] {
      let outcome = try shell.run(call)
      #expect(outcome.status == 64, "\(call)\n\(outcome.errors)")
    }
    try shell.fail("\(base) none", 66, "none: cannot read")
    try shell.fail(base, 65, "standard input: empty file")
    try shell.write("twice", "glioma\nno tumour\nglioma\n")
    try shell.fail("\(base) --classes twice images", 65, "twice: duplicate class name")
    try shell.succeed("mkdir empty")
    try shell.fail("\(base) --classes images/glioma empty", 66, "cannot read")
    try shell.fail("\(base) empty", 65, "empty: no images")
  }

  /// A tar archive, compressed or not, gives the same features as its folder, in the archive's
  /// order.
  @Test func readsTarsAsStreams() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      """
      ln -s 0.png images/glioma/.hidden.png
      \(call) images > folder.tar; tar c --sort=name images | \(call) > stream.tar
      tar c --sort=name images | gzip > packed.tgz; \(call) packed.tgz > packed.tar
      tar c --sort=name -C images . | \(call) - > inside.tar
      cmp folder.tar stream.tar; cmp folder.tar packed.tar; cmp folder.tar inside.tar
      printf 'id\tpath\tkind\na\timages/glioma/1.png\tx\nb\t./images/glioma/0.png\ty\n' > t.tsv
      tar c --sort=name images | \(call) --table t.tsv --label kind - > table.tar
      """)
    #expect(
      try shell.succeed("tar xOf table.tar samples.tsv | cut -f 1,3") == "id\tkind\nb\ty\na\tx\n")
    try shell.fail(
      "tar c images | \(call) --table t.tsv -", 64,
      "t.tsv: no classes: the samples are not labeled")
  }

  @Test func refusesCorruptedTars() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed("tar cf a.tar --sort=name images; head -c 9000 a.tar > cut.tar")
    try shell.fail("\(call) cut.tar -o x.tar", 65, "cut.tar: ")
    try shell.fail("\(call) images/glioma/0.png -o x.tar", 65, "not a tar archive")
    try shell.succeed("ln -s 0.png images/glioma/link.png; tar cf link.tar images; ! test -e x.tar")
    try shell.fail("\(call) link.tar", 65, "glioma/link.png: not a plain file")
    try shell.succeed("cp images/glioma/0.png images/loose.png; rm images/glioma/link.png")
    try shell.fail(
      "tar c -C images . | \(call)", 65, "some images are in class folders and some are not")
    try shell.succeed("printf 'p\timages/none.png\n' | sed '1i id\tpath' > t.tsv; echo glioma > c")
    try shell.fail(
      "tar c images | \(call) --classes c --table t.tsv -", 65, "missing 'images/none.png'")
  }
}
