import FMBase
import FMNumerics
import Glibc

/// A head as a model archive stores it, in single precision, and its predictions.
struct GaussianModel {
  private let mean: [Float]  // μ [D]
  private let scale: Float  // σ
  private let weight: Matrix  // W [C, D]
  private let bias: [Float]  // b [C]
  /// π [C]; 0 for classes without samples.
  let prior: [Double]
  /// t, the temperature.
  let temperature: Double
  /// Whether the head is a ridge regression, whose scores already include the prior.
  private let isRidge: Bool

  static func layout(_ setting: MethodSetting) -> Layout {
    [
      TensorShape("mean", [setting.dimension]), TensorShape("scale", [1]),
      TensorShape("weight", [setting.classes, setting.dimension]),
      TensorShape("bias", [setting.classes]), TensorShape("prior", [setting.classes]),
      TensorShape("temperature", [1]),
    ]
  }

  /// The temperature of a head made of noisy statistics: it is not fitted to the sites' validation
  /// losses, because noise does not cover validation samples.
  static func fixedTemperature(_ kind: GaussianHead.Kind) -> Double { kind == .ridge ? 10 : 1 }

  /// The arrays of a new head.
  static func tensors(
    _ head: GaussianHead, _ layout: Layout, temperature: Double = 1
  ) -> [Tensor] {
    let values = [
      head.mean, [head.scale], head.weight.elements, head.bias, head.prior, [temperature],
    ]
    return layout.tensors(values.map { $0.map { Float($0) } })
  }

  /// Reads a head.
  /// - Throws: `badData` if an array is missing, has another shape or invalid values.
  init(
    _ tensors: [Tensor], _ setting: MethodSetting, isRidge: Bool
  ) throws(FedMedError) {
    let arrays = try Self.layout(setting).select(from: tensors).map(\.values)
    mean = arrays[0]
    scale = arrays[1][0]
    weight = Matrix(rows: setting.classes, columns: setting.dimension, elements: arrays[2])
    bias = arrays[3]
    prior = arrays[4].map { Double($0) }
    temperature = Double(arrays[5][0])
    self.isRidge = isRidge
    guard scale > 0 else { throw FedMedError(.badData, "must be above 0", place: "scale.npy") }
    guard temperature > 0 else {
      throw FedMedError(.badData, "must be above 0", place: "temperature.npy")
    }
    guard Prior.isValid(prior) else {
      throw FedMedError(.badData, "must be probabilities that sum to 1", place: "prior.npy")
    }
  }

  /// Computes W z + b [N, C] for features x [N, D].
  /// - Throws: `badData` if a result overflows.
  func scores(_ x: Matrix) throws(FedMedError) -> DoubleMatrix {
    var z = x.directions()
    z.standardize(mean: mean, scale: scale)
    var products = Matrix(rows: x.rows, columns: weight.rows)
    products.product(z, transposing: weight)
    var scores = DoubleMatrix(rows: x.rows, columns: weight.rows)
    for row in 0..<x.rows {
      for c in 0..<weight.rows { scores[row, c] = Double(products[row, c]) + Double(bias[c]) }
    }
    guard scores.elements.allSatisfy(\.isFinite) else {
      throw FedMedError(.badData, "too large: predictions overflow", place: "weight.npy")
    }
    return scores
  }

  /// The logits of scores with another prior π': t (W z + b) + log π', or for ridge regression,
  /// whose scores already include π, t (W z + b) + log(π'/π). Classes unknown to the model have −∞.
  func logits(_ scores: DoubleMatrix, temperature: Double, prior other: [Double]) -> DoubleMatrix {
    let shifts = prior.indices.map { c in
      prior[c] > 0 && other[c] > 0
        ? log(other[c]) - (isRidge ? log(prior[c]) : 0) : -Double.infinity
    }
    var logits = scores
    for row in 0..<scores.rows {
      for c in shifts.indices { logits[row, c] = temperature * scores[row, c] + shifts[c] }
    }
    return logits
  }
}

/// Probabilities of the classes before a sample is seen.
enum Prior {
  /// Whether all are non-negative and sum to 1, within the rounding of single precision.
  static func isValid(_ prior: [Double]) -> Bool {
    prior.allSatisfy { $0 >= 0 } && (prior.reduce(0, +) - 1).magnitude < 1e-3
  }

  /// π_site,c = (n_c + (C/2) π_c)/(n + C/2): a site's own counts, plus C/2 pseudo-samples
  /// distributed like the model's prior. Classes unknown to the model stay at 0.
  static func smoothed(counts: [Double], towards prior: [Double]) -> [Double] {
    let known = prior.indices.map { prior[$0] > 0 ? counts[$0] : 0 }
    let strength = Double(prior.count) / 2
    let total = known.reduce(0, +) + strength
    return prior.indices.map { (known[$0] + strength * prior[$0]) / total }
  }
}

extension DoubleMatrix {
  /// The softmax of each row of logits; some, but not all, may be −∞.
  func softmax() -> Matrix {
    var result = Matrix(rows: rows, columns: columns)
    for row in 0..<rows {
      let own = elements[row * columns..<(row + 1) * columns]
      let largest = own.max() ?? 0
      let powers = own.map { exp($0 - largest) }
      let total = powers.reduce(0, +)
      for (c, power) in powers.enumerated() { result[row, c] = Float(power / total) }
    }
    return result
  }

  /// The sum over the rows of −log softmax at the label.
  func logLoss(_ labels: [Int]) -> Double {
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      let own = elements[row * columns..<(row + 1) * columns]
      let largest = own.max() ?? 0
      sum += log(own.reduce(0) { $0 + exp($1 - largest) }) + largest - self[row, label]
    }
    return sum
  }
}

extension Matrix {
  /// The rows divided by their norms. Norms are computed in double precision, as in the statistics,
  /// because squares of very large or small features do not fit in single precision. Rows of zeros
  /// stay zero.
  func directions() -> Matrix {
    var result = self
    let width = columns
    result.withMutableElements { elements in
      for start in stride(from: 0, to: elements.count, by: max(width, 1)) {
        let row = start..<start + width
        let square = row.reduce(0.0) { $0 + Double(elements[$1]) * Double(elements[$1]) }
        let scale = square > 0 ? 1 / square.squareRoot() : 0
        for i in row { elements[i] = Float(scale * Double(elements[i])) }
      }
    }
    return result
  }

  /// Replaces each row by (row − mean)/scale.
  package mutating func standardize(mean: [Float], scale: Float) {
    precondition(mean.count == columns)
    let width = columns
    withMutableElements { elements in
      for row in 0..<elements.count / max(width, 1) {
        for j in 0..<width {
          elements[row * width + j] = (elements[row * width + j] - mean[j]) / scale
        }
      }
    }
  }
}
