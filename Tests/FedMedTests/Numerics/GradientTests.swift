import Glibc
import Testing

@testable import FedMed

/// Every operation's backward against finite differences of its forward, each term alone.
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

  @Test func rectify() {
    // Away from the kink.
    var x = randomMatrix(4, 9)
    for i in 0..<4 { for j in 0..<9 where x[i, j].magnitude < 0.05 { x[i, j] = 0.3 } }
    let weights = randomMatrix(4, 9, seed: 2)
    var y = Matrix(rows: 4, columns: 9)
    Activation.rectify(x, into: &y)
    var gradient = weights
    Activation.rectifyBackward(&gradient, output: y)
    check(x, gradient) { x in
      Activation.rectify(x, into: &y)
      return weighted(y, weights)
    }
  }

  @Test func rectifyAtZeroHasNoSlope() {
    let x = Matrix(vector: [0, -0.0, 1])
    var y = Matrix(rows: 1, columns: 3)
    Activation.rectify(x, into: &y)
    var gradient = Matrix(vector: [5, 5, 5])
    Activation.rectifyBackward(&gradient, output: y)
    #expect(gradient.elements == [0, 0, 5])
  }

  @Test func softmax() {
    let (x, weights) = (randomMatrix(3, 18), randomMatrix(3, 18, seed: 2))
    func forward(_ x: Matrix) -> Matrix {
      var y = x
      Activation.softmax(&y)
      return y
    }
    var gradient = weights
    Activation.softmaxBackward(&gradient, output: forward(x))
    check(x, gradient) { weighted(forward($0), weights) }
  }

  @Test func softmaxOfLargeNumbersIsFinite() {
    var x = Matrix(vector: [1e30, -1e30, 1e30])
    Activation.softmax(&x)
    #expect(x.elements == [0.5, 0, 0.5])
  }

  @Test func standardize() {
    let (x, weights) = (randomMatrix(3, 20), randomMatrix(3, 20, seed: 2))
    var scales = [Float](repeating: 0, count: 3)
    var y = Matrix(rows: 3, columns: 20)
    Activation.standardize(x, into: &y, scales: &scales)
    var gradient = weights
    Activation.standardizeBackward(&gradient, output: y, scales: scales)
    check(x, gradient) { x in
      Activation.standardize(x, into: &y, scales: &scales)
      return weighted(y, weights)
    }
  }

  @Test func normalize() {
    let (x, weights) = (randomMatrix(3, 17), randomMatrix(3, 17, seed: 2))
    var norms = [Float](repeating: 0, count: 3)
    func forward(_ x: Matrix) -> Matrix {
      var y = x
      Activation.normalize(&y, norms: &norms)
      return y
    }
    let y = forward(x)
    var gradient = weights
    Activation.normalizeBackward(&gradient, output: y, norms: norms)
    check(x, gradient) { weighted(forward($0), weights) }
  }

  @Test func normOfNothingIsItsFloor() {
    var x = Matrix(rows: 1, columns: 4)
    var norms: [Float] = [0]
    Activation.normalize(&x, norms: &norms)
    #expect(x.elements == [0, 0, 0, 0])
    var gradient = Matrix(vector: [1, 2, 3, 4])
    Activation.normalizeBackward(&gradient, output: x, norms: norms)
    #expect(gradient.elements == [1e12, 2e12, 3e12, 4e12])
  }

  @Test func batchNorm() {
    let (x, weights) = (randomMatrix(6, 5), randomMatrix(6, 5, seed: 2))
    var norm = BatchNorm(name: "n", channels: 5)
    norm.weight.value = randomMatrix(1, 5, seed: 3)
    norm.bias.value = randomMatrix(1, 5, seed: 4)
    func forward(_ norm: BatchNorm, _ x: Matrix) -> Matrix {
      var (copy, y) = (norm, x)
      copy.forward(&y)
      return y
    }
    var y = x
    norm.forward(&y)
    var gradient = weights
    norm.backward(&gradient)
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
    // A row that is off, but whose |s| > 1, so that its mask has no gradient.
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
    // The straight-through part of dW is no derivative of the forward pass: take it off.
    var direct = layer.weight.wholeGradient
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
    // The definition, spelled out.
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
    // λ scales the gradients, not the value.
    var scaled = Matrix(rows: 6, columns: 3)
    var unused = scaled
    _ = loss.evaluate(
      cosines: cosines, logits: logits, weight: weight, factor: 2, visualGradient: &scaled,
      localGradient: &unused)
    for i in 0..<18 { #expect(abs(scaled.elements[i] - 2 * visual.elements[i]) < 1e-6) }
  }
}
