import CLanes
import FMBase
import FMNumerics

/// Batch normalization of B samples with n channels (BatchNorm1d, with an affine part), then ReLU.
///
///     x̂ = (x − mean) / √(variance + ε)    y = max(γ x̂ + β, 0)
///
/// In training, the mean and the biased variance are the batch's, and the running statistics move
/// by a tenth towards the batch's mean and unbiased variance. In evaluation, the running statistics
/// are used.
///
/// The input is the output of a masked layer, computed on the fly. Each pass processes sixteen
/// columns at a time, row by row, so that memory is read in order.
public struct BatchNorm: Module {
  /// ε, added to the variance.
  package static let epsilon: Float = 1e-5
  /// The fraction by which the running statistics move towards the batch's.
  package static let momentum: Float = 0.1

  /// γ [n], initially 1.
  public package(set) var weight: Parameter
  /// β [n], initially 0.
  public package(set) var bias: Parameter
  /// Running mean [1, n], initially 0.
  public package(set) var mean: Matrix
  /// Running variance [1, n], initially 1.
  public package(set) var variance: Matrix

  private let name: String
  private var scales: Matrix  // 1/√(variance + ε) of the batch [1, n]
  private var standardized: Matrix  // x̂ [B, n]

  /// Creates a layer.
  /// - Parameters:
  ///   - name: the prefix of its arrays' names in an archive, such as `mlp/norm1`.
  ///   - channels: n.
  public init(name: String, channels: Int) {
    self.name = name
    weight = Parameter(vector: Matrix(rows: 1, columns: channels, repeating: 1))
    bias = Parameter(vector: Matrix(rows: 1, columns: channels))
    mean = Matrix(rows: 1, columns: channels)
    variance = Matrix(rows: 1, columns: channels, repeating: 1)
    scales = Matrix(rows: 1, columns: channels)
    standardized = Matrix(rows: 0, columns: channels)
  }

  /// The arrays of a layer in an archive: weight, bias, running mean and running variance, each
  /// [n].
  package static func layout(name: String, channels: Int) -> Layout {
    ["weight", "bias", "mean", "variance"].map { TensorShape("\(name).\($0)", [channels]) }
  }

  /// Training: x [B, n] → y [B, n], with the batch's statistics.
  /// - Precondition: B is at least 2.
  package mutating func forward(_ x: MaskedOutput, into y: inout Matrix) {
    let (rows, width) = (x.rows, x.width)
    precondition(rows > 1, "batch normalization requires at least 2 samples")
    if standardized.rows != rows { standardized = Matrix(rows: rows, columns: width) }
    let share = 1 / Float(rows)
    Elements.write(&mean, &variance, &scales) { mean, variance, scales in
      Elements.write(&standardized, &y) { standardized, y in
        Elements.read(weight.value, bias.value) { weight, bias in
          Parallel.forEachColumns(of: width) { i in
            var sum = Lanes.zero
            for row in 0..<rows { sum += x.lanes(row: row, column: i) }
            let center = sum * share
            var squares = Lanes.zero
            for row in 0..<rows {
              let centered = x.lanes(row: row, column: i) - center
              squares += centered * centered
            }
            let unbiased = squares * (1 / Float(rows - 1))
            let momentum = Self.momentum
            mean.store((1 - momentum) * mean.lanes(at: i) + momentum * center, at: i)
            variance.store((1 - momentum) * variance.lanes(at: i) + momentum * unbiased, at: i)
            let scale = 1 / lanes_square_root(squares * share + Self.epsilon)
            scales.store(scale, at: i)
            let (gamma, beta) = (weight.lanes(at: i), bias.lanes(at: i))
            for row in 0..<rows {
              let (at, end) = (row * width + i, (row + 1) * width)
              let value = (x.lanes(row: row, column: i) - center) * scale
              standardized.store(value, at: at, before: end)
              y.store((gamma * value + beta).rectified(), at: at, before: end)
            }
          }
        }
      }
    }
  }

  /// Evaluation: x [B, n] → y [B, n], with the running statistics.
  package func apply(_ x: MaskedOutput, into y: inout Matrix) {
    let width = x.width
    y.withMutableElements { y in
      Elements.read(weight.value, bias.value, mean, variance) { weight, bias, mean, variance in
        Parallel.forEachColumns(of: width) { i in
          let scale = 1 / lanes_square_root(variance.lanes(at: i) + Self.epsilon)
          let (gamma, beta, center) = (weight.lanes(at: i), bias.lanes(at: i), mean.lanes(at: i))
          for row in 0..<x.rows {
            let value = (x.lanes(row: row, column: i) - center) * scale
            y.store(
              (gamma * value + beta).rectified(), at: row * width + i, before: (row + 1) * width)
          }
        }
      }
    }
  }

  /// The backward pass after `forward`. It stores the gradients of γ and β in the parameters.
  ///
  /// `gradient` [B, n] holds dy on entry and the gradient of the masked layer's products on return,
  /// which `slopes` computes from dx. `output` is y.
  ///
  ///     dv = dy where y > 0        dγ = Σ dv x̂, dβ = Σ dv
  ///     dx = γ scale (dv − mean(dv) − x̂ mean(dv ⊙ x̂)), means over the batch
  package mutating func backward(_ gradient: inout Matrix, output: Matrix, slopes: MaskedSlopes) {
    let (rows, width) = (gradient.rows, gradient.columns)
    let share = 1 / Float(rows)
    Elements.write(&weight.gradient, &bias.gradient, &gradient) { dWeight, dBias, g in
      Elements.read(output, standardized, weight.value, scales) { y, x, weight, scales in
        Parallel.forEachColumns(of: width) { i in
          func slope(_ at: Int, _ end: Int) -> Lanes {
            g.lanes(at: at, before: end)
              .replacing(with: 0, where: y.lanes(at: at, before: end) .<= 0)
          }
          var (sum, product) = (Lanes.zero, Lanes.zero)
          for row in 0..<rows {
            let (at, end) = (row * width + i, (row + 1) * width)
            let slope = slope(at, end)
            product += slope * x.lanes(at: at, before: end)
            sum += slope
          }
          dWeight.store(product, at: i)
          dBias.store(sum, at: i)
          let factor = weight.lanes(at: i) * scales.lanes(at: i)
          var column = slopes.column(i)
          for row in 0..<rows {
            let (at, end) = (row * width + i, (row + 1) * width)
            let along = sum + x.lanes(at: at, before: end) * product
            let dx = factor * (slope(at, end) - share * along)
            g.store(column.masked(dx, row: row), at: at, before: end)
          }
          column.finish()
        }
      }
    }
  }

  /// Calls `body` with γ and β.
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    body(&weight)
    body(&bias)
  }

  /// γ, β, the running mean and the running variance, by name.
  public func tensors() -> [Tensor] {
    [
      Tensor("\(name).weight", weight), Tensor("\(name).bias", bias),
      Tensor(name: "\(name).mean", shape: [mean.columns], values: mean.elements),
      Tensor(name: "\(name).variance", shape: [variance.columns], values: variance.elements),
    ]
  }

  /// Reads γ, β and the running statistics from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape, or a variance is negative.
  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try tensors.load("\(name).weight", into: &weight)
    try tensors.load("\(name).bias", into: &bias)
    mean = try tensors.matrix("\(name).mean", shape: [mean.columns])
    variance = try tensors.matrix("\(name).variance", shape: [variance.columns])
    guard variance.elements.allSatisfy({ $0 >= 0 }) else {
      throw FedMedError(.badData, "negative variance", place: "\(name).variance.npy")
    }
  }
}
