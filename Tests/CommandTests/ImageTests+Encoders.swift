import FedMed
import Foundation
import Testing

extension ImageTests {
  /// Encoders in the layouts of several libraries, from folders to features and texts.
  @Test func encodesWithEncodersOfAllLayouts() throws {
    for (folder, dimension) in [("siglip", 32), ("biomedclip", 48)] {
      try shell.succeed(
        "fm-extract -q --checkpoint \(golden)/encoders/\(folder) images > \(folder).tar")
      #expect(
        try shell.succeed(
          "tar xOf \(folder).tar manifest.json | jq -c '.encoder | [.dimension, .pool, .precision]'"
        )
          == "[\(dimension),\"projection\",\"float32\"]\n")
    }
    for folder in ["timm-uni2", "dinov3-vit", "vit-phikon"] {
      try shell.fail(
        "fm-extract --checkpoint \(golden)/encoders/\(folder) images", 64, "no text tower")
      try shell.succeed(
        "fm-extract -q --checkpoint \(golden)/encoders/\(folder) --anchors 1 images | tar t")
    }
  }

  @Test func recordsPoolingAndLayer() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed("\(call) --pool cls+mean --layer 1 --anchors 1 images > a.tar")
    #expect(
      try shell.succeed("tar xOf a.tar manifest.json | jq -c '.encoder | [.pool, .layer]'")
        == "[\"cls+mean\",1]\n")
    let outcome = try shell.run("\(call) --pool mean images")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("texts cannot be compared with images"))
    #expect(outcome.errors.contains("hint: use class anchors instead of texts"))
    try shell.fail(
      "\(call) --layer 99 --anchors 1 images", 64, "layer 99, the checkpoint has 1 to ")
    try shell.fail("\(call) --layer 1 --pool projection images", 64, "cannot be combined")
    try shell.fail(
      "fm-extract --checkpoint \(golden)/encoders/siglip --pool cls --anchors 1 images", 64,
      "the encoder has no class token")
    try shell.fail(
      "fm-extract --checkpoint \(golden)/dinov2-tiny --pool projection --anchors 1 images", 64,
      "the encoder has no projection")
  }

  /// Sites with another pooling, layer or precision cannot take part in a run, unless it mixes
  /// precisions.
  @Test func refusesOtherIdentities() throws {
    let call = "fm-extract -q --checkpoint \(golden)/dinov2-tiny"
    try shell.succeed(
      """
      \(call) --anchors 1 images > all.tar; tar xf all.tar text.npy
      fm-aggregate --init --like all.tar > m0.tar
      \(call) --text text.npy --pool mean images > mean.tar
      \(call) --text text.npy --layer 1 images > layer.tar
      """)
    func train(_ features: String, _ model: String = "m0.tar") -> String {
      """
      rm -rf p; fm-partition -q --scheme whole --site a --split 60/20/20 -o p \(features) &&
        fm-train-local -q --features p/a.tar --state-out state.tar \(model) > u.tar
      """
    }
    try shell.fail(train("mean.tar"), 65, "encoder.pool mean, the model m0.tar has cls")
    try shell.fail(train("layer.tar"), 65, "encoder.layer 1, the model m0.tar has last")
    guard Precision.bfloat16.isSupported else { return }
    try shell.succeed("\(call) --text text.npy --precision bfloat16 images > half.tar")
    #expect(
      try shell.succeed("tar xOf half.tar manifest.json | jq -r .encoder.precision")
        == "bfloat16\n")
    try shell.fail(
      train("half.tar"), 65, "encoder.precision bfloat16, the model m0.tar has float32")
    try shell.succeed("fm-aggregate --init --like all.tar --allow-precision-mix > any.tar")
    #expect(
      try shell.succeed("tar xOf any.tar manifest.json | jq -r .encoder.precision") == "any\n")
    try shell.succeed(train("half.tar", "any.tar"))
    try shell.succeed(train("all.tar", "any.tar"))
    try shell.succeed(
      """
      mkdir mixed; for f in all half; do
        fm-partition -q --scheme whole --site $f --split 60/20/20 -o m$f $f.tar; mv m$f/$f.tar mixed
      done
      """)
    let outcome = try shell.run("fm-federate -q --run r1 --rounds 1 mixed")
    #expect(outcome.status == 75 && outcome.errors.contains("encoder.precision bfloat16"))
    try shell.succeed(
      "fm-federate -q --run r2 --rounds 1 --min-count 1 --allow-precision-mix mixed")
    let other = try shell.run("fm-federate -q --run r2 --rounds 1 --min-count 1 mixed")
    #expect(
      other.status == 65 && other.errors.contains("the run was started with different settings"))
  }

  /// The shards of an extraction, each of which can be resumed, join to the bytes of the whole.
  @Test(arguments: ["images", "- < images.tar"])
  func shardsJoinToTheWhole(_ source: String) throws {
    let call = "fm-extract -q --checkpoint \(golden)/dinov2-tiny --skip-unreadable"
    try shell.succeed(
      """
      echo x > images/glioma/bad.png; tar cf images.tar --sort=name images
      \(call) --anchors 2 \(source) > whole.tar
      for i in 1 2 3; do \(call) --shard $i/3 --work w$i \(source) > s$i.tar; done
      """)
    // Anchors are drawn among the images that could be read, so take those of the whole here.
    try shell.succeed(
      "tar xf whole.tar text.npy; fm-extract -q --join --text text.npy s3.tar s1.tar s2.tar > j.tar"
    )
    #expect(
      try shell.succeed("tar xOf j.tar samples.tsv | wc -l") == "11\n")
    try shell.succeed("\(call) --text text.npy \(source) | cmp - j.tar")
    try shell.fail("fm-extract --join s1.tar s2.tar s3.tar", 64, "the archives have no class texts")
    try shell.fail("fm-extract --join --anchors 1 s1.tar s2.tar", 65, "missing shard 3 of 3")
    try shell.fail(
      "fm-extract --join --anchors 1 s1.tar s2.tar s2.tar", 65, "duplicate shard 2 of 3")
    try shell.fail("fm-extract --join --anchors 1 s1.tar whole.tar", 65, "not a shard")
    try shell.fail(
      "\(call) --shard 2/2 \(source) > t.tar; fm-extract --join --anchors 1 s1.tar t.tar", 65,
      "t.tar: a shard of another extraction than s1.tar")
    try shell.fail(
      "fm-partition --scheme whole --site a -o . s1.tar", 65, "only shard 1 of 3")
    try shell.fail("\(call) --shard 4/3 images", 64, "shard")
    try shell.fail("\(call) --shard 1/2 --anchors 1 images", 64, "cannot be combined with --shard")
    try shell.fail(
      "fm-extract --join --checkpoint c s1.tar", 64, "--join can be combined only with")
  }

  /// LAION's checkpoints have the files of transformers and of open_clip.
  @Test func prefersTheFilesOfTransformers() throws {
    try shell.succeed(
      """
      cp -r \(golden)/clip-tiny both
      echo '{"model_cfg": {"embed_dim": 48, "vision_cfg": {}, "text_cfg": {}}}' > both/open_clip_config.json
      for c in both \(golden)/clip-tiny; do fm-extract -q --encoder e --checkpoint $c images > $(basename $c).tar; done
      cmp both.tar clip-tiny.tar
      """)
  }

  /// Complete extractions join too, in any order, unless they have a sample in common.
  @Test func extractionsJoin() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      """
      printf '%s\\n' glioma 'no tumour' > classes.txt; mkdir first second
      cp -r images/glioma first; cp -r 'images/no tumour' second
      \(call) --classes classes.txt images > whole.tar
      for part in first second; do \(call) --classes classes.txt $part > $part.tar; done
      fm-extract -q --join second.tar first.tar | cmp - whole.tar
      fm-partition -q --scheme whole --site a --stratify -o parts first.tar
      \(call) --classes classes.txt --damage blur=1 second > damaged.tar
      """)
    try shell.fail(
      "fm-extract --join whole.tar first.tar", 65,
      "first.tar: sample 'glioma/0.jpg' is also in whole.tar")
    try shell.fail("fm-extract --join second.tar parts/a.tar", 65, "a.tar: already partitioned")
    try shell.fail(
      "fm-extract --join first.tar damaged.tar", 65, "damaged.tar: differs from first.tar")
  }

  /// With class texts, each shard has them already.
  @Test func shardsKeepClassTexts() throws {
    let call = "fm-extract -q --checkpoint \(golden)/clip-tiny"
    try shell.succeed(
      """
      \(call) images > whole.tar
      for i in 1 2; do \(call) --shard $i/2 images > s$i.tar; done
      fm-extract -q --join s1.tar s2.tar | cmp - whole.tar
      """)
  }

  @Test func measuresItsSpeed() throws {
    let call = "fm-extract --checkpoint \(golden)/encoders/vit-classifier --benchmark"
    let table = try shell.succeed("\(call) -j 1 --precision float32 --format csv")
    let lines = table.split(separator: "\n")
    #expect(lines.first == "precision,threads,images,images_per_second,hours_per_10000")
    #expect(lines.count == 2 && lines[1].hasPrefix("float32,1,"))
    try shell.fail("\(call) images", 64, "--benchmark takes no images")
    try shell.fail("fm-extract --benchmark", 64, "--benchmark requires --checkpoint")
    try shell.fail(
      "fm-extract --format csv --checkpoint x images", 64, "--format and --columns require")
  }
}
