import FedMed
import Foundation
import Testing

extension ImageTests {
  /// The folder with the progress is removed at the end; until then, other extractions cannot use
  /// it.
  @Test func killedExtractionResumesWithTheSameBytes() throws {
    let call = "fm-extract -q -j 1 --checkpoint \(golden)/dinov2-tiny --anchors 1"
    try shell.succeed(
      """
      mkdir many; for i in $(seq 9); do cp -r images/glioma many/g$i; done; cp -r images/* many
      \(call) many > whole.tar
      """)
    for source in ["many", "- < many.tar"] {
      try shell.succeed("tar cf many.tar --sort=name many")
      for pause in [0.05, 0.1, 0.15, 0.2, 0.3] {
        try shell.succeed(
          """
          (\(call) --work w \(source) > part.tar & p=$!; sleep \(pause); kill -9 $p 2> /dev/null; wait $p) \
            2> /dev/null || true
          """)
      }
      try shell.succeed(
        "\(call) --work w \(source) > resumed.tar; cmp whole.tar resumed.tar; ! test -e w")
    }
    // A crash of the machine may leave one record missing and another one corrupted.
    try shell.succeed(
      """
      \(call) --work w many --skip-unreadable -o none/x.tar 2> /dev/null || true; test -s w/features
      size=$(stat -c %s w/features); truncate -s $((size - 5)) w/features
      printf x | dd of=w/features bs=1 seek=5650 conv=notrunc 2> /dev/null
      """)
    try shell.fail(
      "\(call) --work w --resize squash many", 65, "w: belongs to an extraction with another")
    try shell.fail("\(call) --work w images", 65, "belongs to an extraction of other images")
    try shell.fail("flock w/features \(call) --work w many", 75, "another process is using it")
    try shell.succeed("\(call) --work w many > resumed.tar; cmp whole.tar resumed.tar; ! test -e w")
    try shell.fail("\(call) --work images many", 65, "which does not belong to an extraction")
  }

  @Test func resumedExtractionRemembersUnreadableImages() throws {
    let call = "fm-extract --checkpoint \(golden)/dinov2-tiny --anchors 1"
    try shell.succeed(
      """
      mkdir many; for i in $(seq 9); do cp -r images/glioma many/g$i; done
      echo x > many/g1/0.jpg; \(call) --skip-unreadable many > whole.tar
      \(call) --skip-unreadable --work w many -o none/x.tar || true; test -s w/features
      """)
    try shell.fail("\(call) -q --work w many", 65, "1 images could not be read")
    let outcome = try shell.run("\(call) --skip-unreadable --work w many -o again.tar")
    #expect(outcome.errors.contains("resuming after 54 images"))
    #expect(outcome.errors.contains("skipped images: 1"))
    try shell.succeed("cmp whole.tar again.tar")
  }

  /// Two sites can share class features.
  @Test func acceptsClassFeaturesOfAnotherSite() throws {
    let call = "fm-extract -q --checkpoint \(golden)/dinov2-tiny"
    try shell.succeed(
      """
      \(call) --anchors 2 images > a.tar; tar xf a.tar text.npy
      \(call) --text text.npy images > b.tar
      for a in a b; do tar xOf $a.tar manifest.json | jq -c '[.encoder.text, .anchors]' > $a; done
      test "$(jq '.[0]' a)" = "$(jq '.[0]' b)"; test "$(jq '.[1]' b)" = null
      """)
    try shell.succeed("rm -r images/glioma")
    try shell.fail("\(call) --text text.npy images", 65, "text.npy: ")
  }

  @Test func appliesAWindowToWideGray() throws {
    let call = "fm-extract -q --checkpoint \(golden)/dinov2-tiny --anchors 1"
    try shell.succeed(
      """
      mkdir -p wide/a; for i in 1 2; do cp \(golden)/formats/wide.png wide/a/$i.png; done
      cp -r wide/a wide/b
      \(call) wide > a.tar; \(call) --window 2000,1500 wide > b.tar
      \(call) --window 2000,1500 wide | cmp - b.tar
      """)
    #expect(try array("a.tar", "features") != array("b.tar", "features"))
  }

  /// No file is ignored silently, and no special file blocks the tool.
  @Test func reportsUnexpectedFiles() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      "cp -r images deep; mkdir deep/glioma/p1; cp images/glioma/0.jpg deep/glioma/p1; cp -r images loose; touch loose/x.csv"
    )
    try shell.fail("\(call) deep", 65, "deep/glioma/p1: nested inside a class folder")
    try shell.fail("tar c deep/glioma | \(call)", 65, "nested inside a class folder")
    try shell.fail("\(call) loose", 65, "'x.csv' is beside the class folders")
    try shell.succeed("cp -r images gone; ln -s nowhere gone/glioma/a.png; mkfifo gone/pipe.png")
    try shell.fail("\(call) gone", 65, "'pipe.png' is beside the class folders")
    try shell.succeed(
      "printf 'i\\tpath\\n1\\tgone/pipe.png\\n' > t.tsv; echo a > c; echo b >> c; rm gone/pipe.png")
    try shell.fail("\(call) gone", 66, "gone/glioma/a.png: cannot open")
    try shell.succeed("mkfifo gone/pipe.png")
    try shell.fail("timeout 10 \(call) --table t.tsv --classes c", 66, "pipe.png: not a plain file")
    let outcome = try shell.run(
      "fm-extract --checkpoint \(golden)/clip-tiny --skip-unreadable gone/glioma --classes c -o o.tar"
    )
    #expect(outcome.errors.contains("skipped images: 1"))
    try shell.succeed("touch $(printf 'images/glioma/\\374.jpg')")
    try shell.fail("\(call) images", 66, "cannot open")
  }

  /// Archives may have names in any script, but no links or duplicate names.
  @Test func readsEveryKindOfTar() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      """
      mkdir -p t/größe t/b; cp images/glioma/0.jpg t/größe/ä.jpg; cp images/glioma/1.jpg t/b
      tar c --format=pax t | \(call) > o.tar; test "$(tar xOf o.tar samples.tsv | grep -c größe/ä)" = 1
      ln t/b/1.jpg t/b/2.jpg
      """)
    try shell.fail("tar c t | \(call)", 65, "not a plain file")
    let outcome = try shell.run(
      "tar c t | fm-extract --skip-unreadable --checkpoint \(golden)/clip-tiny > p.tar")
    #expect(outcome.errors.contains("skipped images: 1"))
    try shell.succeed("mkdir p1 p2; cp -r t/b t/größe p1; cp -r t/b p2")
    try shell.fail(
      "tar c --hard-dereference p1 p2 | \(call)", 65, "two images have the same class and name")
  }

  /// An output must not be one of the inputs, in any folder.
  @Test func refusesToOverwriteItsInputs() throws {
    try shell.succeed(
      "cp -r \(golden)/clip-tiny c; chmod -R u+w c; cat c/* images/*/* | sha256sum > before")
    for output in ["c/model.safetensors", "c/config.json", "images/glioma/0.jpg"] {
      try shell.fail(
        "fm-extract --checkpoint c images -o \(output)", 64,
        "\(output): is both an input and an output")
    }
    try shell.succeed("cat c/* images/*/* | sha256sum | cmp - before")
  }

  /// Features of differently resized images are refused, and so are classes with equal texts.
  @Test func refusesToMixPreprocessing() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      """
      \(call) images | fm-partition -q --scheme whole --site a -o s
      \(call) --resize squash images | fm-partition -q --scheme whole --site b -o s2
      fm-aggregate --init --like s/a.tar > m.tar
      """)
    try shell.fail("fm-train-local --features s2/b.tar --state-out x m.tar", 65, "encoder")
    let long = Array(repeating: "very", count: 90).joined(separator: " ")
    try shell.fail("\(call) --prompt '\(long) {}' images", 65, "classes 1 and 2 have the same text")
  }

  /// Progress is tied to the images, not to their path, and other images cannot use it.
  @Test func progressBelongsToItsImages() throws {
    let call = "fm-extract -q --checkpoint \(golden)/dinov2-tiny --anchors 1"
    try shell.succeed(
      """
      mkdir -p many/a many/b; for i in $(seq 20); do cp images/glioma/0.png many/a/$i.png; cp images/glioma/1.png many/b/$i.png; done
      cp -r many other; \(call) many > whole.tar
      \(call) --work w many -o none/x.tar 2> n || true; test -s w/features
      """)
    try shell.fail("\(call) --work w other", 65, "belongs to an extraction of other images")
    try shell.succeed(
      "cd many; \(call) --work ../w ./ > ../again.tar; cd ..; cmp whole.tar again.tar")
    try shell.succeed(
      """
      cp -r \(golden)/dinov2-tiny c; chmod -R u+w c
      fm-extract -q --checkpoint c --anchors 1 --work w many -o none/x.tar 2> n || true
      sed -i 's/"gelu"/"quick_gelu"/' c/config.json
      """)
    try shell.fail(
      "fm-extract -q --checkpoint c --anchors 1 --work w many", 65, "with another encoder")
  }
}
