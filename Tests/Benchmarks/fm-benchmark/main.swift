// Helpers of the benchmark scripts.
//
// usage: fm-benchmark features SAMPLES SITE > FEATURES   random features of 512 numbers and 7 classes;
//                                                        all samples but two are for training
//        fm-benchmark epoch SAMPLES THREADS EPOCHS [OFF] times of local epochs and of their lower
//                                                        bound, with a share OFF of the rows of each
//                                                        layer masked
//        fm-benchmark reverse MODEL UPDATE > UPDATE      model − 10 (update − model)
//        fm-benchmark noise MODEL UPDATE > UPDATE        the model with noise on the scale of its weights
//        fm-benchmark permute FEATURES SEED > FEATURES   features with shuffled labels
//        fm-benchmark pool SITE SITE ...                 scores, by site, of logistic regression on the
//                                                        pooled training samples of all sites
//        fm-benchmark thin FEATURES N SEED > FEATURES    at most N training samples of each class

import FMCommand
import FedMed
import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
let (width, classes) = (512, 7)

guard arguments.count >= 3 else {
  Messages(tool: "fm-benchmark").print(
    "usage: features SAMPLES SITE | epoch SAMPLES THREADS EPOCHS [OFF] | reverse | noise MODEL UPDATE | permute FEATURES SEED | pool SITE ... | thin FEATURES N SEED"
  )
  exit(64)
}
do {
  switch arguments[0] {
  case "features": try writeFeatures(Int(arguments[1]) ?? 100, site: arguments[2])
  case "reverse": try poison(arguments[1], arguments[2]) { $0 - 10 * ($1 - $0) }
  case "noise":
    var random = RandomStream(seed: 3, purpose: .partition)
    try poison(arguments[1], arguments[2]) { global, _ in
      global + 0.044 * Float(random.normal())
    }
  case "pool": try scorePool(Array(arguments.dropFirst()))
  case "thin": try thin(arguments[1], Int(arguments[2]) ?? 10, seed: UInt64(arguments[3]) ?? 0)
  case "permute": try permute(arguments[1], seed: UInt64(arguments[2]) ?? 0)
  default:
    try timeEpochs(
      Int(arguments[1]) ?? 100, threads: Int(arguments[2]) ?? 1,
      epochs: arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5,
      off: arguments.count > 4 ? Float(arguments[4]) ?? 0 : 0)
  }
} catch {
  Messages(tool: "fm-benchmark").report(error)
  exit(1)
}

func writeFeatures(_ samples: Int, site: String) throws(FedMedError) {
  var random = RandomStream(seed: 1, site: site, purpose: .partition)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(2 * samples * width)
  for _ in 0..<samples {
    for value in random.uniformMatrix(rows: 1, columns: width, bound: 1).elements {
      withUnsafeBytes(of: Float16(value)) { bytes += $0 }
    }
  }
  let labels = (0..<samples).map { $0 % classes }
  let names = (0..<classes).map { "class \($0)" }
  var texts = RandomStream(seed: 2, purpose: .partition)
  var set = FeatureSet(
    classes: names, encoder: Manifest.Encoder(name: "made up", dimension: width, logitScale: 100),
    rows: FeatureRows(bytes, as: .float16, dimension: width), labels: labels,
    text: texts.uniformMatrix(rows: classes, columns: width, bound: 1),
    table: Table(
      header: ["sample", "label"], rows: labels.indices.map { ["\($0)", names[labels[$0]]] }),
    name: "made up")
  set.site = site
  set.split = (0..<samples).map { $0 == 0 ? .validation : $0 == 1 ? .test : .train }
  try set.write(tool: "fm-benchmark 0", to: STDOUT_FILENO, file: "standard output")
}

/// Prints the scores of logistic regression on the pooled samples of all sites: a line of JSON for
/// each site's test samples, in the format of `fm-eval report --format jsonl`, and one for the test
/// samples of all sites except Global.
func scorePool(_ paths: [String]) throws(FedMedError) {
  var sites: [FeatureSet] = []
  for path in paths { sites.append(try FeatureSet(ArchiveReader(path: path, kinds: [.features]))) }
  guard let first = sites.first else { return }
  func pooled(_ split: Split) throws(FedMedError) -> Samples {
    var (elements, labels): ([Float], [Int]) = ([], [])
    for site in sites where site.site != Name.global {
      let own = try site.samples(of: split)
      elements += own.features.elements
      labels += own.labels
    }
    let width = first.encoder.dimension
    return Samples(
      Matrix(rows: labels.count, columns: width, elements: elements), labels: labels)
  }
  let method = LocalLinear(
    MethodSetting(dimension: first.encoder.dimension, classes: first.classes.count))
  let fit = try method.fit(pooled(.train), pooled(.validation))
  let texts = ClassTexts(features: first.text, logitScale: first.encoder.logitScale)
  func score(_ name: String, _ samples: Samples) throws(FedMedError) {
    let predictions = try method.predict(
      samples.features, texts: texts, shared: [], kept: fit)
    let labeled = try LabeledProbabilities(
      predictions.final, labels: samples.labels, file: name)
    let list = ScoreList(labeled, names: first.classes)
    func value(_ score: Score) -> JSON {
      JSON.rounded(list.value(of: score.rawValue), places: 6)
    }
    print(
      JSON.object([
        "split": .string("test"), "site": .string(name), "predictor": .string("pool"),
        "accuracy": value(.accuracy), "balanced_accuracy": value(.balancedAccuracy),
        "ece": value(.calibrationError),
      ]).line)
  }
  for site in sites { try score(site.site ?? "", site.samples(of: .test)) }
  try score("ALL", pooled(.test))
}

/// Writes features with few training samples: the first `count` of each class in random order. The
/// others are removed.
func thin(_ path: String, _ count: Int, seed: UInt64) throws(FedMedError) {
  var set = try FeatureSet(ArchiveReader(path: path, kinds: [.features]))
  var random = RandomStream(seed: seed, site: set.site ?? "", purpose: .split)
  var left = [Int](repeating: count, count: set.classes.count)
  let (labels, splits) = (set.labels ?? [], set.split ?? [])
  var kept: [Int] = []
  for index in random.permutation(labels.count) {
    if splits[index] == .train {
      guard left[labels[index]] > 0 else { continue }
      left[labels[index]] -= 1
    }
    kept.append(index)
  }
  let site = set.site
  kept.sort()
  set = set.gathering(kept)
  (set.site, set.split) = (site, kept.map { splits[$0] })
  try set.write(tool: "fm-benchmark 0", to: STDOUT_FILENO, file: "standard output")
}

/// Writes a malicious update: `make` computes each number from those of the model and of the
/// update.
func poison(
  _ model: String, _ update: String, _ make: (Float, Float) -> Float
) throws(FedMedError) {
  let global = try ModelArchive(model: model)
  let update = try ModelArchive(ArchiveReader(path: update, kinds: [.update]))
  let writer = try ArchiveWriter()
  try writer.add(
    zip(global.tensors, update.tensors).map { global, own in
      Tensor(
        name: own.name, shape: own.shape,
        values: zip(global.values, own.values).map { make($0, $1) })
    })
  var manifest = update.manifest
  if case .update(var payload) = manifest.payload {
    payload.coding = Manifest.Coding()
    manifest.payload = .update(payload)
  }
  try writer.finish(manifest, filter: .none, to: STDOUT_FILENO, file: "standard output")
}

func permute(_ path: String, seed: UInt64) throws(FedMedError) {
  let set = try FeatureSet(ArchiveReader(path: path, kinds: [.features]))
  var random = RandomStream(seed: seed, purpose: .partition)
  var result = FeatureSet(
    classes: set.classes, encoder: set.encoder, rows: set.rows,
    labels: set.labels.map { labels in random.permutation(labels.count).map { labels[$0] } },
    text: set.text, table: set.table, name: set.name)
  (result.site, result.split) = (set.site, set.split)
  try result.write(tool: "fm-benchmark 0", to: STDOUT_FILENO, file: "standard output")
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Prints the milliseconds per step of local epochs, and right before each of them those of the
/// lower bound: the fourteen large matrix products of a step, with separate arrays for each layer,
/// and one AdamW pass over all parameters.
func timeEpochs(
  _ samples: Int, threads: Int, epochs: Int, off: Float
) throws(FedMedError) {
  try Parallel.start(threads: threads)
  let batch = 32
  var random = RandomStream(seed: 1, purpose: .featureAdaptation)
  var fam = FeatureAdaptation(dimension: width, random: &random)
  var mlp = LocalClassifier(dimension: width, hidden: width, classes: classes, random: &random)
  // A threshold of 0.5 is so far above the mean magnitude of a row that no row returns in an epoch.
  func masked(_ tensors: [Tensor]) -> TensorTable {
    var tensors = tensors
    for i in tensors.indices where tensors[i].name.hasSuffix("threshold") {
      let chosen = random.permutation(tensors[i].values.count)
      for row in chosen.prefix(Int(off * Float(chosen.count))) { tensors[i].values[row] = 0.5 }
    }
    return TensorTable(tensors)
  }
  try fam.load(masked(fam.tensors()))
  try mlp.load(masked(mlp.tensors()))
  let texts = ClassTexts(
    features: random.uniformMatrix(rows: classes, columns: width, bound: 1), logitScale: 100)
  let features = random.uniformMatrix(rows: samples, columns: width, bound: 1)
  let labels = (0..<samples).map { $0 % classes }
  let order = random.permutation(samples)
  let method = FedMedCLIP(
    MethodSetting(dimension: width, classes: classes), try MethodDefinition.fedmedclip.values())
  var training = GradientTraining(
    method, try method.network(texts, shared: fam.tensors(), kept: mlp.tensors()), round: 1)

  let weights = (0..<5).map { _ in random.uniformMatrix(rows: width, columns: width, bound: 0.05) }
  let inputs = (0..<5).map { _ in random.uniformMatrix(rows: batch, columns: width, bound: 1) }
  var outputs = inputs
  var slopes = weights
  func products() {
    for layer in 0..<5 { outputs[layer].product(inputs[layer], transposing: weights[layer]) }
    for layer in (0..<5).reversed() {
      slopes[layer].product(transposing: outputs[layer], inputs[layer])
      if layer > 0 { outputs[layer - 1].product(outputs[layer], weights[layer]) }
    }
  }
  var optimizers = (0..<2).map { _ in
    AdamW(learningRate: 1e-4, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.02)
  }
  func adamW() {
    optimizers[0].step { fam.forEachParameter($0) }
    optimizers[1].step { mlp.forEachParameter($0) }
  }
  func milliseconds(_ repeats: Int, _ body: () -> Void) -> Double {
    let start = now()
    for _ in 0..<repeats { body() }
    return (now() - start) / Double(repeats) * 1e3
  }

  func short(_ x: Double) -> String { "\((x * 1000).rounded() / 1000)" }
  print("samples\tthreads\tms_per_step\tproducts_ms\tadamw_ms\tratio\tseconds_per_epoch")
  _ = training.epoch(features: features, labels: labels, order: order)
  for _ in 0..<epochs {
    // The two alternate, as in a step: separately, each would find more of its arrays in the cache.
    var (product, adam) = (0.0, 0.0)
    for _ in 0..<40 {
      product += milliseconds(1, products) / 40
      adam += milliseconds(1, adamW) / 40
    }
    var steps = 1
    let time = milliseconds(1) {
      steps = training.epoch(features: features, labels: labels, order: order).steps
    }
    let step = time / Double(steps)
    print(
      [
        "\(samples)", "\(threads)", short(step), short(product), short(adam),
        short(step / (product + adam)), short(time / 1e3),
      ].joined(separator: "\t"))
  }
}
