/// Batch normalisation over B samples of n channels, with an affine part (BatchNorm1d), and ReLU.
///
///     x̂ = (x − mean) / √(variance + ε)    y = max(γ x̂ + β, 0)
///
/// In training, mean and biased variance are the batch's, and the running statistics move a tenth
/// of the way towards the batch's mean and unbiased variance; in evaluation the running ones serve.
public struct BatchNorm: Module {
  /// γ [n], starts at 1.
  public internal(set) var weight: Parameter
  /// β [n], starts at 0.
  public internal(set) var bias: Parameter
  /// Running mean [1, n], starts at 0.
  public internal(set) var mean: Matrix
  /// Running variance [1, n], starts at 1.
  public internal(set) var variance: Matrix

  private let name: String
  private var scales: [Float]  // 1/√(variance + ε) of the batch [n]
  private var standardized: Matrix  // x̂ [B, n]

  public init(name: String, channels: Int) {
    self.name = name
    weight = Parameter(vector: Matrix(rows: 1, columns: channels, repeating: 1))
    bias = Parameter(vector: Matrix(rows: 1, columns: channels))
    mean = Matrix(rows: 1, columns: channels)
    variance = Matrix(rows: 1, columns: channels, repeating: 1)
    scales = [Float](repeating: 0, count: channels)
    standardized = Matrix(rows: 0, columns: channels)
  }

  static func layout(name: String, channels: Int) -> Layout {
    ["weight", "bias", "mean", "variance"].map { TensorShape("\(name).\($0)", [channels]) }
  }

  /// Training: x to y [B, n]. B must be at least 2.
  mutating func forward(_ x: MaskedOutput, into y: inout Matrix) {
    if standardized.rows != x.rows { standardized = Matrix(rows: x.rows, columns: x.width) }
    ChannelNorm.forward(
      x, weight: weight.value, bias: bias.value, mean: &mean, variance: &variance,
      scales: &scales, standardized: &standardized, into: &y)
  }

  /// Evaluation: x to y [B, n], with the running statistics.
  func apply(_ x: MaskedOutput, into y: inout Matrix) {
    ChannelNorm.apply(
      x, weight: weight.value, bias: bias.value, mean: mean, variance: variance, into: &y)
  }

  /// The gradient [B, n] of y becomes that of the layer's products, in place; those of γ and β go to
  /// the parameters. `output` is y.
  mutating func backward(_ gradient: inout Matrix, output: Matrix, slopes: MaskedSlopes) {
    ChannelNorm.backward(
      &gradient, output: output, weight: weight.value, scales: scales,
      standardized: standardized, weightGradient: &weight.gradient,
      biasGradient: &bias.gradient, slopes: slopes)
  }

  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    body(&weight)
    body(&bias)
  }

  public func tensors() -> [Tensor] {
    [
      Tensor("\(name).weight", weight), Tensor("\(name).bias", bias),
      Tensor(name: "\(name).mean", shape: [mean.columns], values: mean.elements),
      Tensor(name: "\(name).variance", shape: [variance.columns], values: variance.elements),
    ]
  }

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
