// A local epoch of FedMedCLIP, timed beside its floor: the fourteen large matrix products of a step
// alone, and one AdamW pass over all parameters.
//
// usage: benchmark-local-epoch [SAMPLES [THREADS [EPOCHS]]]
// Prints a line for each epoch: samples, threads, milliseconds a step, and those of the floor's two
// parts, measured right before.

import FedMed
import Glibc

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let samples = arguments.first ?? 3500
let threads = arguments.dropFirst().first ?? 1
let epochs = arguments.dropFirst(2).first ?? 5
Parallel.start(threads: threads)
let (width, batch, classes) = (512, 32, 7)

var random = RandomStream(seed: 1, purpose: .featureAdaptation)
var fam = FeatureAdaptation(dimension: width, random: &random)
var mlp = LocalClassifier(dimension: width, hidden: width, classes: classes, random: &random)
let parameters = HyperParameters()
let texts = ClassTexts(
  features: random.uniformMatrix(rows: classes, columns: width, bound: 1), logitScale: 100)
let features = random.uniformMatrix(rows: samples, columns: width, bound: 1)
let labels = (0..<samples).map { $0 % classes }
let order = random.permutation(samples)
var training = LocalTraining(
  fam: fam, mlp: mlp, texts: texts, parameters: parameters, round: 1)

// Each layer with weights, activations and gradients of its own, as in a step.
let weights = (0..<5).map { _ in random.uniformMatrix(rows: width, columns: width, bound: 0.05) }
let inputs = (0..<5).map { _ in random.uniformMatrix(rows: batch, columns: width, bound: 1) }
var outputs = inputs
var slopes = weights
var optimizers = (0..<2).map { _ in
  AdamW(learningRate: 1e-4, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.02)
}

@MainActor func products() {
  for layer in 0..<5 { outputs[layer].product(inputs[layer], transposing: weights[layer]) }
  for layer in (0..<5).reversed() {
    slopes[layer].product(transposing: outputs[layer], inputs[layer])
    if layer > 0 { outputs[layer - 1].product(outputs[layer], weights[layer]) }
  }
}

print("samples\tthreads\tms_per_step\tproducts_ms\tadamw_ms\tratio")
_ = training.epoch(features: features, labels: labels, order: order)
for _ in 0..<epochs {
  let repeats = 40
  var start = now()
  for _ in 0..<repeats {
    products()
  }
  let productTime = (now() - start) / Double(repeats)
  start = now()
  for _ in 0..<repeats {
    optimizers[0].step(&fam)
    optimizers[1].step(&mlp)
  }
  let adamTime = (now() - start) / Double(repeats)
  start = now()
  let (_, steps) = training.epoch(features: features, labels: labels, order: order)
  let time = (now() - start) / Double(steps)
  func short(_ x: Double) -> String { "\((x * 1e6).rounded() / 1e3)" }
  let ratio = (time / (productTime + adamTime) * 100).rounded() / 100
  print(
    "\(samples)\t\(threads)\t\(short(time))\t\(short(productTime))\t\(short(adamTime))\t\(ratio)")
}
