import Glibc
import Testing

@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

/// Compares the backward pass of every operation with finite differences of its forward pass.
struct GradientTests {
  /// Compares `gradient` of Σ weights ⊙ f(x) with central differences.
  func check(
    _ x: Matrix, _ gradient: Matrix, step: Float = 1e-2, tolerance: Double = 3e-3,
    sourceLocation: SourceLocation = #_sourceLocation, _ f: (Matrix) -> Double
  ) {
    var worst = 0.0
    let largest = Double(gradient.elements.map(\.magnitude).max() ?? 0)
    for i in 0..<x.rows {
      for j in 0..<x.columns {
        var (up, down) = (x, x)
        up[i, j] += step
        down[i, j] -= step
        let slope = (f(up) - f(down)) / Double(up[i, j] - down[i, j])
        worst = max(worst, abs(slope - Double(gradient[i, j])))
      }
    }
    #expect(largest > 0, sourceLocation: sourceLocation)
    #expect(worst < tolerance * max(largest, 1), sourceLocation: sourceLocation)
  }

  func weighted(_ y: Matrix, _ weights: Matrix) -> Double {
    zip(y.elements, weights.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Checks a function of a row with its backward pass, which receives the output of the forward
  /// pass.
  func checkRows(
    _ x: Matrix, sourceLocation: SourceLocation = #_sourceLocation,
    forward: (Activation.Row) -> Float,
    backward: (Activation.Row, UnsafeBufferPointer<Float>, Float) -> Void
  ) {
    let weights = randomMatrix(x.rows, x.columns, seed: 2)
    func output(_ x: Matrix) -> (Matrix, [Float]) {
      var (y, kept) = (x, [Float](repeating: 0, count: x.rows))
      y.updateRows { kept[$0] = forward($1) }
      return (y, kept)
    }
    let (y, kept) = output(x)
    var gradient = weights
    y.withElements { y in
      gradient.updateRows { backward($1, y.row($0, of: x.columns), kept[$0]) }
    }
    check(x, gradient, sourceLocation: sourceLocation) { weighted(output($0).0, weights) }
  }

  @Test func rectify() {
    // All values are away from the kink.
    var x = randomMatrix(4, 9)
    for i in 0..<4 { for j in 0..<9 where x[i, j].magnitude < 0.05 { x[i, j] = 0.3 } }
    checkRows(x) {
      Activation.rectify($0)
      return 0
    } backward: { g, y, _ in
      Activation.rectifyBackward(g, output: y)
    }
  }

  @Test func rectifyAtZeroHasNoSlope() {
    var y = Matrix(vector: [0, -0.0, 1])
    y.updateRows { Activation.rectify($1) }
    var gradient = Matrix(vector: [5, 5, 5])
    y.withElements { y in gradient.updateRows { Activation.rectifyBackward($1, output: y) } }
    #expect(gradient.elements == [0, 0, 5])
  }

  @Test func softmax() {
    checkRows(randomMatrix(3, 18)) {
      Activation.softmax($0)
      return 0
    } backward: { g, y, _ in
      Activation.softmaxBackward(g, output: y)
    }
  }

  @Test func softmaxOfLargeNumbersIsFinite() {
    var x = Matrix(vector: [1e30, -1e30, 1e30])
    x.softmaxRows()
    #expect(x.elements == [0.5, 0, 0.5])
  }

  @Test func standardize() {
    checkRows(randomMatrix(3, 20), forward: Activation.standardize) {
      Activation.standardizeBackward($0, output: $1, scale: $2)
    }
  }

  @Test func normalize() {
    checkRows(randomMatrix(3, 17), forward: Activation.normalize) {
      Activation.normalizeBackward($0, output: $1, norm: $2)
    }
  }

  @Test func normOfZerosIsItsFloor() {
    var x = Matrix(rows: 1, columns: 4)
    x.updateRows { #expect(Activation.normalize($1) == 0) }
    #expect(x.elements == [0, 0, 0, 0])
    var gradient = Matrix(vector: [1, 2, 3, 4])
    x.withElements { x in
      gradient.updateRows { Activation.normalizeBackward($1, output: x, norm: 0) }
    }
    #expect(gradient.elements == [1e12, 2e12, 3e12, 4e12])
  }

  /// One bias keeps all rectified outputs positive, another makes some of them zero.
  @Test func batchNorm() {
    let (x, weights) = (randomMatrix(6, 5), randomMatrix(6, 5, seed: 2))
    let (bias, mask) = (randomMatrix(1, 5, seed: 5), [1, 1, 0, 1, 1] as [Float])
    var norm = BatchNorm(name: "n", channels: 5)
    norm.weight.value = randomMatrix(1, 5, seed: 3)
    norm.bias.value = Matrix(vector: [9, 9, 9, -9, 9])
    func forward(_ norm: BatchNorm, _ x: Matrix) -> Matrix {
      var (copy, y) = (norm, x)
      Masking.withOutput(x, bias: bias, mask: mask) { copy.forward($0, into: &y) }
      return y
    }
    var (y, gradient, biasGradient) = (x, weights, bias)
    var maskGradient = mask
    Masking.withOutput(x, bias: bias, mask: mask) { output in
      norm.forward(output, into: &y)
      Masking.withSlopes(output, biasGradient: &biasGradient, maskGradient: &maskGradient) {
        norm.backward(&gradient, output: y, slopes: $0)
      }
    }
    #expect((0..<6).allSatisfy { y[$0, 3] == 0 && gradient[$0, 2] == 0 && gradient[$0, 3] == 0 })
    #expect(norm.weight.gradient[0, 3] == 0 && norm.bias.gradient[0, 3] == 0)
    check(x, gradient, tolerance: 1e-2) { weighted(forward(norm, $0), weights) }
    check(norm.weight.value, norm.weight.gradient) { value in
      var changed = norm
      changed.weight.value = value
      return weighted(forward(changed, x), weights)
    }
    check(norm.bias.value, norm.bias.gradient) { value in
      var changed = norm
      changed.bias.value = value
      return weighted(forward(changed, x), weights)
    }
  }

  @Test func maskedLinear() {
    let (x, weights) = (randomMatrix(4, 6), randomMatrix(4, 5, seed: 2))
    var random = RandomStream(seed: 1, purpose: .localClassifier)
    var layer = MaskedLinear(name: "l", inputs: 6, outputs: 5, random: &random)
    // This row is inactive, with |s| > 1, so its mask has no gradient.
    layer.threshold.value[0, 2] = 5
    func forward(_ layer: MaskedLinear, _ x: Matrix) -> Matrix {
      var (copy, y) = (layer, Matrix(rows: 4, columns: 5))
      copy.forward(x, into: &y)
      return y
    }
    var y = Matrix(rows: 4, columns: 5)
    layer.forward(x, into: &y)
    var gradient = weights
    var dx = Matrix(rows: 4, columns: 6)
    layer.backward(x, gradient: &gradient, dx: &dx)
    check(x, dx) { weighted(forward(layer, $0), weights) }
    check(layer.bias.value, layer.bias.gradient) { value in
      var changed = layer
      changed.bias.value = value
      return weighted(forward(changed, x), weights)
    }
    // The straight-through part of dW is not a derivative of the forward pass, so it is subtracted.
    var direct = layer.weight.gradient
    for i in 0..<5 {
      let ds = -layer.threshold.gradient[0, i]
      for j in 0..<6 { direct[i, j] -= ds / 6 * (layer.weight.value[i, j] < 0 ? -1 : 1) }
    }
    check(layer.weight.value, direct) { value in
      var changed = layer
      changed.weight.value = value
      return weighted(forward(changed, x), weights)
    }
  }

  @Test func contrastiveLoss() {
    let labels = [0, 2, 1, 2, 2]
    var cosines = randomMatrix(5, 3)
    for i in 0..<5 { for c in 0..<3 { cosines[i, c] *= 0.3 } }
    var loss = ContrastiveLoss()
    var gradient = Matrix(rows: 5, columns: 3)
    let value = loss.evaluate(cosines: cosines, labels: labels, logitScale: 8, gradient: &gradient)
    check(cosines, gradient, step: 1e-3) { v in
      var unused = Matrix(rows: 5, columns: 3)
      return loss.evaluate(cosines: v, labels: labels, logitScale: 8, gradient: &unused)
    }
    // This is the definition.
    func crossEntropy(_ s: (Int, Int) -> Double) -> Double {
      (0..<5).reduce(0) { sum, i in
        sum + (log((0..<5).reduce(0) { $0 + exp(s(i, $1)) }) - s(i, i)) / 5
      }
    }
    func s(_ i: Int, _ j: Int) -> Double { 8 * Double(cosines[i, labels[j]]) }
    let expected = (crossEntropy(s) + crossEntropy { s($1, $0) }) / 2
    #expect(abs(value - expected) < 1e-9)
  }

  @Test func contrastiveLossAtTheLargestScaleIsFinite() {
    let cosines = Matrix(rows: 2, columns: 2, elements: [-1, 1, 1, -1])
    var loss = ContrastiveLoss()
    var gradient = Matrix(rows: 2, columns: 2)
    let value = loss.evaluate(
      cosines: cosines, labels: [0, 1], logitScale: 300, gradient: &gradient)
    #expect(abs(value - 600) < 1e-9)
    #expect(gradient.elements.allSatisfy { $0.isFinite })
  }

  @Test func crossEntropyLoss() {
    let (logits, labels) = (randomMatrix(5, 4), [0, 3, 1, 1, 2])
    var gradient = Matrix(rows: 5, columns: 4)
    _ = CrossEntropyLoss.evaluate(logits: logits, labels: labels, gradient: &gradient)
    check(logits, gradient) { x in
      var unused = Matrix(rows: 5, columns: 4)
      return CrossEntropyLoss.evaluate(logits: x, labels: labels, gradient: &unused)
    }
  }

  @Test(arguments: [0, 0.3, 1])
  func mutualDistillation(weight: Double) {
    let (cosines, logits) = (randomMatrix(6, 3), randomMatrix(6, 3, seed: 2))
    var loss = MutualDistillation(temperature: 0.7)
    var visual = Matrix(rows: 6, columns: 3)
    var local = visual
    _ = loss.evaluate(
      cosines: cosines, logits: logits, weight: weight, factor: 1, visualGradient: &visual,
      localGradient: &local)
    func value(_ v: Matrix, _ m: Matrix) -> Double {
      var (a, b) = (Matrix(rows: 6, columns: 3), Matrix(rows: 6, columns: 3))
      return loss.evaluate(
        cosines: v, logits: m, weight: weight, factor: 1, visualGradient: &a, localGradient: &b)
    }
    check(cosines, visual) { value($0, logits) }
    check(logits, local) { value(cosines, $0) }
    // λ scales only the gradients, not the value.
    var scaled = Matrix(rows: 6, columns: 3)
    var unused = scaled
    _ = loss.evaluate(
      cosines: cosines, logits: logits, weight: weight, factor: 2, visualGradient: &scaled,
      localGradient: &unused)
    for i in 0..<18 { #expect(abs(scaled.elements[i] - 2 * visual.elements[i]) < 1e-6) }
  }
}
