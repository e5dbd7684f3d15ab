import FMBase
import FMNumerics

/// A site's private addition to the shared head: its prior, its temperature, and a residual on its
/// features.
struct PersonalPart {
  /// π_site [C].
  let prior: [Double]
  /// The site's temperature.
  let temperature: Double
  /// The site's mean of u [D] and its scale, in single precision.
  private let mean: [Float]
  private let scale: Float
  /// `nil` if there were no samples to fit it with.
  private let residual: (any Residual)?

  /// The shape of the residual.
  enum Shape: String, CaseIterable {
    case linear, mlp

    fileprivate var type: any Residual.Type {
      switch self {
      case .linear: LinearResidual.self
      case .mlp: PerceptronResidual.self
      }
    }
  }

  static func layout(_ setting: MethodSetting, _ shape: Shape) -> Layout {
    [
      TensorShape("personal/prior", [setting.classes]), TensorShape("personal/temperature", [1]),
      TensorShape("residual/mean", [setting.dimension]), TensorShape("residual/scale", [1]),
    ] + shape.type.layout(setting)
  }

  /// Fits the private part. Without validation samples it consists of the prior alone.
  /// - Parameters:
  ///   - temperatures: the candidates, in ascending order.
  ///   - seed: the run's seed; a linear residual does not use it.
  /// - Throws: `badData` if the model's scores overflow.
  init(
    _ model: GaussianModel, _ data: TrainingData, temperatures: [Double], shape: Shape,
    seed: UInt64, classes: Int
  ) throws(FedMedError) {
    let isKnown = { (c: Int) in model.prior[c] > 0 }
    let (train, held) = (data.training.filtered(isKnown), data.validation.filtered(isKnown))
    var counts = [Double](repeating: 0, count: classes)
    for label in train.labels { counts[label] += 1 }
    let prior = Prior.smoothed(counts: counts, towards: model.prior)
    let units = train.features.directions()
    let (mean, scale) = units.location()
    (self.prior, self.mean, self.scale) = (prior, mean, scale)
    guard held.count > 0, train.count > 1 else {
      (temperature, residual) = (1, nil)
      return
    }
    let scores = try model.scores(held.features)
    let losses = temperatures.map {
      model.logits(scores, temperature: $0, prior: prior).logLoss(held.labels)
    }
    let temperature = temperatures[losses.indexOfLastMinimum]
    func problem(_ samples: Samples, _ units: Matrix, _ scores: DoubleMatrix) -> ResidualProblem {
      var inputs = units
      inputs.standardize(mean: mean, scale: scale)
      return ResidualProblem(
        inputs: inputs, labels: samples.labels,
        offsets: model.logits(scores, temperature: temperature, prior: prior))
    }
    let own = try problem(train, units, model.scores(train.features))
    let other = problem(held, held.features.directions(), scores)
    self.temperature = temperature
    residual =
      switch shape {
      case .linear: LinearResidual(own, other)
      case .mlp: PerceptronResidual(own, other, seed: seed, site: data.site)
      }
  }

  /// Reads a private part.
  /// - Throws: `badData` if an array is missing, has another shape or invalid values.
  init(
    _ tensors: [Tensor], _ setting: MethodSetting, _ shape: Shape
  ) throws(FedMedError) {
    let arrays = try Self.layout(setting, shape).select(from: tensors).map(\.values)
    prior = arrays[0].map { Double($0) }
    temperature = Double(arrays[1][0])
    (mean, scale) = (arrays[2], arrays[3][0])
    guard Prior.isValid(prior), temperature > 0, scale > 0 else {
      throw FedMedError(.badData, "invalid prior, temperature or scale", place: "personal")
    }
    residual = try shape.type.init(tensors, setting)
  }

  func tensors(_ setting: MethodSetting, _ shape: Shape) -> [Tensor] {
    let layout = Self.layout(setting, shape)
    let values = [prior.map { Float($0) }, [Float(temperature)], mean, [scale]]
    let own = Layout(layout.prefix(values.count)).tensors(values)
    return own + (residual?.tensors() ?? Layout(layout.dropFirst(values.count)).zeros())
  }

  /// Adds r(v) of each sample's features x [N, D] to its logits [N, C].
  func addResiduals(_ x: Matrix, to logits: inout DoubleMatrix) {
    guard let residual else { return }
    var v = x.directions()
    v.standardize(mean: mean, scale: scale)
    let values = residual.values(v)
    for i in logits.elements.indices { logits.elements[i] += values.elements[i] }
  }
}

extension Matrix {
  /// The rows' mean [D], and one scale for all columns: the root of the columns' mean variance, or
  /// 1 if nothing varies.
  package func location() -> (mean: [Float], scale: Float) {
    var (sums, squares) = ([Double](repeating: 0, count: columns), 0.0)
    for row in 0..<rows {
      for (j, value) in self.row(row).enumerated() {
        sums[j] += Double(value)
        squares += Double(value) * Double(value)
      }
    }
    let count = Double(max(rows, 1))
    let means = sums.map { $0 / count }
    let variance =
      (squares / count - means.reduce(0) { $0 + $1 * $1 }) / Double(max(columns, 1))
    return (means.map { Float($0) }, variance > 1e-12 ? Float(variance.squareRoot()) : 1)
  }
}
