import FMBase
import FMLayers
import FMNumerics
import Glibc

/// A hidden layer of 256 with batch normalization, ReLU and dropout, then a linear layer that is
/// initially zero. It trains for at most 40 epochs of AdamW; of these and the start, it keeps the
/// state with the lowest log loss on the validation samples.
struct PerceptronResidual: Residual {
  private static let hidden = 256
  private static let dropout = 0.3
  private static let batch = 32
  private static let epochs = 40

  private var first: MaskedLinear
  private var norm: BatchNorm
  private var last: Linear
  private var activation = Matrix(rows: 0, columns: 0)  // after ReLU and dropout [B, H]

  /// Trains a network.
  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - site: the site's name, so that no two sites draw the same numbers.
  init(
    _ training: ResidualProblem, _ validation: ResidualProblem, seed: UInt64, site: String
  ) {
    let (size, classes) = (training.inputs.columns, training.offsets.columns)
    var random = RandomStream(seed: seed, site: site, purpose: .residual)
    self.init(inputs: size, classes: classes, random: &random)
    var optimizer = AdamW(
      learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05)
    var best = self
    var least = validation.crossEntropy(values(validation.inputs))
    for _ in 0..<Self.epochs {
      let order = random.permutation(training.labels.count)
      for start in stride(from: 0, to: order.count, by: Self.batch) {
        let indices = order[start..<min(start + Self.batch, order.count)]
        // Batch normalization requires two samples.
        guard indices.count > 1 else { continue }
        gradients(training, indices, random: &random)
        optimizer.step { body in
          first.forEachParameter(body)
          norm.forEachParameter(body)
          last.forEachParameter(body)
        }
      }
      let loss = validation.crossEntropy(values(validation.inputs))
      if loss < least { (best, least) = (self, loss) }
    }
    self = best
  }

  private init(inputs: Int, classes: Int, random: inout RandomStream) {
    first = MaskedLinear(
      name: "residual/layer1", inputs: inputs, outputs: Self.hidden, isMasked: false,
      random: &random)
    norm = BatchNorm(name: "residual/norm1", channels: Self.hidden)
    last = Linear(name: "residual/layer2", inputs: Self.hidden, outputs: classes)
  }

  static func layout(_ setting: MethodSetting) -> Layout {
    MaskedLinear.layout(
      name: "residual/layer1", inputs: setting.dimension, outputs: hidden, isMasked: false)
      + BatchNorm.layout(name: "residual/norm1", channels: hidden)
      + Linear.layout(name: "residual/layer2", inputs: hidden, outputs: setting.classes)
  }

  init(_ tensors: [Tensor], _ setting: MethodSetting) throws(FedMedError) {
    var random = RandomStream(seed: 0, purpose: .residual)
    self.init(inputs: setting.dimension, classes: setting.classes, random: &random)
    let table = TensorTable(tensors)
    try first.load(table)
    try norm.load(table)
    try last.load(table)
  }

  /// Evaluates the network on v [N, D].
  func values(_ v: Matrix) -> DoubleMatrix {
    var own = self
    var (hidden, result) = (
      Matrix(rows: v.rows, columns: Self.hidden), Matrix(rows: v.rows, columns: last.outputs)
    )
    own.first.forward(v, training: false) { own.norm.apply($0, into: &hidden) }
    own.last.forward(hidden, into: &result)
    return DoubleMatrix(result)
  }

  func tensors() -> [Tensor] { first.tensors() + norm.tensors() + last.tensors() }

  /// Runs one batch forward in training mode, and backward.
  private mutating func gradients(
    _ problem: ResidualProblem, _ indices: ArraySlice<Int>, random: inout RandomStream
  ) {
    let (rows, classes) = (indices.count, last.outputs)
    let inputs = problem.inputs.gathering(indices)
    if activation.rows != rows { activation = Matrix(rows: rows, columns: Self.hidden) }
    first.forward(inputs) { norm.forward($0, into: &activation) }
    let output = activation
    let keep = (0..<rows * Self.hidden).map { _ in
      random.uniform() < Self.dropout ? Float(0) : Float(1 / (1 - Self.dropout))
    }
    let mask = Matrix(rows: rows, columns: Self.hidden, elements: keep)
    activation.multiply(by: mask)
    var logits = Matrix(rows: rows, columns: classes)
    last.forward(activation, into: &logits)
    var gradient = Matrix(rows: rows, columns: classes)
    for (row, index) in indices.enumerated() {
      var powers = (0..<classes).map { problem.offsets[index, $0] + Double(logits[row, $0]) }
      let largest = powers.max() ?? 0
      for c in 0..<classes { powers[c] = exp(powers[c] - largest) }
      let total = powers.reduce(0, +)
      for c in 0..<classes {
        let target: Double = c == problem.labels[index] ? 1 : 0
        gradient[row, c] = Float((powers[c] / total - target) / Double(rows))
      }
    }
    last.backward(activation, gradient: gradient)
    var slope = Matrix(rows: rows, columns: Self.hidden)
    slope.product(gradient, last.weight.value)
    slope.multiply(by: mask)
    first.backward(inputs, gradient: &slope) { norm.backward(&$0, output: output, slopes: $1) }
  }
}

extension Matrix {
  /// Multiplies this matrix element-wise by another one of the same shape.
  package mutating func multiply(by other: Matrix) {
    precondition(rows == other.rows && columns == other.columns)
    withMutableElements { own in
      other.withElements { other in
        for i in own.indices { own[i] *= other[i] }
      }
    }
  }
}
