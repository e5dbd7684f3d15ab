import Foundation
import Testing

@testable import FMNumerics

/// The operations of frozen networks, against double precision. Widths that are no multiple of the
/// processor's vectors are the interesting ones.
struct FrozenLayerTests {
  private func random(_ rows: Int, _ columns: Int, seed: UInt64, scale: Float = 1) -> Matrix {
    var stream = RandomStream(seed: seed, purpose: .anchors)
    return Matrix(
      rows: rows, columns: columns,
      elements: (0..<rows * columns).map { _ in scale * (2 * Float(stream.uniform()) - 1) })
  }

  private func worst(_ a: Matrix, _ b: [Double]) -> Double {
    zip(a.elements, b).map { (Double($0) - $1).magnitude }.max() ?? 0
  }

  @Test(arguments: [1, 15, 16, 17, 40]) func activationsAgree(width: Int) {
    let x = random(7, width, seed: 1, scale: 8)
    let sigmoid = { (x: Double) in 1 / (1 + exp(-x)) }
    let functions: [(TransformerKernels.HiddenActivation, (Double) -> Double)] = [
      (.gelu, { $0 * (1 + erf($0 / 2.0.squareRoot())) / 2 }),
      (
        .tanhGELU,
        { x in x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2 }
      ),
      (.quickGELU, { $0 * sigmoid(1.702 * $0) }),
    ]
    for (function, exact) in functions {
      var y = x
      // The first and the last row stay as they are.
      TransformerKernels.activate(&y, rows: 1..<6, function)
      let expected = x.elements.enumerated().map { index, value in
        (width..<6 * width).contains(index) ? exact(Double(value)) : Double(value)
      }
      #expect(worst(y, expected) < 2e-6, "\(function)")
    }
    let pair = random(3, 2 * width, seed: 2, scale: 8)
    var gated = Matrix(rows: 3, columns: width)
    TransformerKernels.gate(pair, into: &gated)
    let expected = (0..<3 * width).map { index in
      let (a, b) = (
        pair[index / width, index % width], pair[index / width, width + index % width]
      )
      return Double(a) * sigmoid(Double(a)) * Double(b)
    }
    #expect(worst(gated, expected) < 1e-5)
  }

  @Test(arguments: [1, 15, 16, 17, 40]) func layerNormAgrees(width: Int) {
    let (x, weight, bias) = (
      random(5, width, seed: 1, scale: 3), random(1, width, seed: 2), random(1, width, seed: 3)
    )
    var y = Matrix(rows: 3, columns: width)
    TransformerKernels.layerNorm(
      x, rows: 1..<4, weight: weight, bias: bias, epsilon: 1e-5, into: &y)
    let expected = (1..<4).flatMap { row -> [Double] in
      let values = x.row(row).map { Double($0) }
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return (0..<width).map {
        (values[$0] - mean) / (variance + 1e-5).squareRoot() * Double(weight[0, $0])
          + Double(bias[0, $0])
      }
    }
    #expect(worst(y, expected) < 1e-5)
  }

  /// Causal and full attention, with more queries than fit in a block.
  @Test(arguments: [1, 7, 50, 200], [false, true])
  func attentionAgrees(tokens: Int, isCausal: Bool) {
    let (heads, size) = (2, 12)
    let w = heads * size
    let qkv = random(2 * tokens, 3 * w, seed: 4, scale: 2)
    var exact: [Double] = []
    for row in 0..<2 * tokens {
      let start = row / tokens * tokens
      for head in 0..<heads {
        let own = start..<(isCausal ? row + 1 : start + tokens)
        let scores = own.map { other in
          (0..<size).reduce(0.0) {
            $0 + Double(qkv[row, head * size + $1]) * Double(qkv[other, w + head * size + $1])
          } / Double(size).squareRoot()
        }
        let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
        let total = weights.reduce(0, +)
        exact += (0..<size).map { i in
          zip(own, weights).reduce(0) { $0 + $1.1 * Double(qkv[$1.0, 2 * w + head * size + i]) }
            / total
        }
      }
    }
    for precision in Precision.allCases where precision.isSupported {
      var attention = Attention(heads: heads, precision: precision)
      var output = Matrix(rows: 2 * tokens, columns: w)
      attention.apply(qkv, tokens: tokens, isCausal: isCausal, into: &output)
      #expect(worst(output, exact) < (precision == .float32 ? 1e-5 : 0.05), "\(precision)")
    }
  }

  /// Products of all precisions at sizes with and without tails, and the independence of rows.
  @Test(arguments: [(1, 1, 1), (5, 33, 17), (150, 40, 70), (13, 64, 128)])
  func productsAgree(rows: Int, outputs: Int, inputs: Int) {
    let (x, weight, bias) = (
      random(rows, inputs, seed: 5), random(outputs, inputs, seed: 6), random(1, outputs, seed: 7)
    )
    let exact = (0..<rows).flatMap { row in
      (0..<outputs).map { output in
        (0..<inputs).reduce(Double(bias[0, output])) {
          $0 + Double(x[row, $1]) * Double(weight[output, $1])
        }
      }
    }
    let size = Double(inputs).squareRoot()
    let tolerances: [Precision: Double] = [
      .float32: 1e-6, .bfloat16: 5e-3, .int8: 1.2e-2,
    ]
    for precision in Precision.allCases where precision.isSupported {
      var map = FrozenLinear(outputs: outputs, inputs: inputs, precision: precision)
      map.set(weight: weight, bias: bias)
      let whole = map.applied(to: x)
      #expect(worst(whole, exact) < size * (tolerances[precision] ?? 0), "\(precision)")
      // Rows one by one give the same bits.
      for row in 0..<rows {
        #expect(map.applied(to: x.gathering(row..<row + 1)).elements == Array(whole.row(row)))
      }
      // y += s ⊙ (x Wᵀ + b) for some rows only.
      var (sum, room) = (Matrix(rows: rows, columns: outputs, repeating: 1), FrozenLinear.Room())
      let scale = Matrix(rows: 1, columns: outputs, repeating: 2)
      map.add(x, from: rows - 1, scale: scale, to: &sum, rows: 0..<1, room: &room)
      let last = whole.row(rows - 1).map { Double(1 + 2 * $0) }
      #expect(worst(sum.gathering(0..<1), last) < 1e-5)
      #expect(rows == 1 || sum.row(1).allSatisfy { $0 == 1 })
    }
  }

  /// Weights that are set anew do not change copies that were made before.
  @Test func copiesKeepTheirWeights() {
    var map = FrozenLinear(outputs: 3, inputs: 2, precision: .float32)
    let zero = Matrix(rows: 1, columns: 3)
    map.set(weight: Matrix(rows: 3, columns: 2, repeating: 1), bias: zero)
    let copy = map
    map.set(weight: Matrix(rows: 3, columns: 2, repeating: 2), bias: zero)
    let x = Matrix(rows: 1, columns: 2, repeating: 1)
    #expect(copy.applied(to: x).elements == [2, 2, 2])
    #expect(map.applied(to: x).elements == [4, 4, 4])
  }
}
