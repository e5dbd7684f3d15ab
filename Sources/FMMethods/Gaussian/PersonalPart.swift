import FMBase
import FMNumerics

/// What a site adds to the shared head in private: its prior, its temperature, and a residual
/// r(v) = V v + a on v = (u − the site's mean)/the site's scale.
struct PersonalPart {
  /// π_site [C].
  let prior: [Double]
  let temperature: Double
  /// The site's mean of u [D] and its one scale, in single precision.
  private let mean: [Float]
  private let scale: Float
  private let weight: DoubleMatrix  // V [C, D]
  private let bias: [Double]  // a [C]

  static func layout(_ setting: MethodSetting) -> Layout {
    [
      TensorShape("personal/prior", [setting.classes]), TensorShape("personal/temperature", [1]),
      TensorShape("residual/mean", [setting.dimension]), TensorShape("residual/scale", [1]),
      TensorShape("residual/weight", [setting.classes, setting.dimension]),
      TensorShape("residual/bias", [setting.classes]),
    ]
  }

  /// Fits it. Without validation samples it is the prior alone.
  /// - Parameter temperatures: those that are tried, ascending.
  init(
    _ model: GaussianModel, _ training: Samples, _ validation: Samples, temperatures: [Double],
    setting: MethodSetting
  ) {
    let isKnown = { (c: Int) in model.prior[c] > 0 }
    let (train, held) = (training.filtered(isKnown), validation.filtered(isKnown))
    var counts = [Double](repeating: 0, count: setting.classes)
    for label in train.labels { counts[label] += 1 }
    let prior = Prior.smoothed(counts: counts, towards: model.prior)
    let units = train.features.normalizedRows()
    let (mean, scale) = units.location()
    (self.mean, self.scale) = (mean, scale)
    let zero = LogisticRegression.Fit(classes: setting.classes, dimension: setting.dimension)
    guard held.count > 0, train.count > 0 else {
      (self.prior, temperature, weight, bias) = (prior, 1, zero.weight, zero.bias)
      return
    }
    let scores = model.scores(held.features)
    let losses = temperatures.map {
      model.logits(scores, temperature: $0, prior: prior).logLoss(held.labels)
    }
    let temperature = temperatures[losses.indexOfLastMinimum]
    /// The regression that the residual is, on samples.
    func regression(_ samples: Samples, _ units: Matrix) -> LogisticRegression {
      var inputs = units
      inputs.standardize(mean: mean, scale: scale)
      return LogisticRegression(
        inputs, labels: samples.labels, classes: setting.classes,
        offsets: model.logits(
          model.scores(samples.features), temperature: temperature, prior: prior))
    }
    var (own, other) = (regression(train, units), regression(held, held.features.normalizedRows()))
    let fit =
      own.fit(validation: &other, below: other.crossEntropy(zero)) ?? zero
    (self.prior, self.temperature, weight, bias) = (prior, temperature, fit.weight, fit.bias)
  }

  /// - Throws: `badData` where an array is missing, has another shape, or values that it cannot have.
  init(_ tensors: [Tensor], _ setting: MethodSetting) throws(FedMedError) {
    let arrays = try Self.layout(setting).select(from: tensors).map(\.values)
    prior = arrays[0].map { Double($0) }
    temperature = Double(arrays[1][0])
    (mean, scale) = (arrays[2], arrays[3][0])
    weight = DoubleMatrix(
      rows: setting.classes, columns: setting.dimension, elements: arrays[4].map { Double($0) })
    bias = arrays[5].map { Double($0) }
    guard Prior.isValid(prior), temperature > 0, scale > 0 else {
      throw FedMedError(.badData, "a prior, temperature or scale that cannot be", place: "personal")
    }
  }

  func tensors(_ setting: MethodSetting) -> [Tensor] {
    let values = [
      prior.map { Float($0) }, [Float(temperature)], mean, [scale],
      weight.elements.map { Float($0) }, bias.map { Float($0) },
    ]
    return zip(Self.layout(setting), values).map { entry, values in
      Tensor(name: entry.name, shape: entry.shape, values: values)
    }
  }

  /// Adds r(v) of each sample's features x [N, D] to its logits [N, C].
  func addResiduals(_ x: Matrix, to logits: inout DoubleMatrix) {
    var v = x.normalizedRows()
    v.standardize(mean: mean, scale: scale)
    let inputs = DoubleMatrix(
      rows: v.rows, columns: v.columns, elements: v.elements.map { Double($0) })
    var residuals = DoubleMatrix(rows: v.rows, columns: weight.rows)
    residuals.product(inputs, transposing: weight)
    for row in 0..<v.rows {
      for c in bias.indices { logits[row, c] += residuals[row, c] + bias[c] }
    }
  }
}

extension [Double] {
  /// The index of the least element, the last one where several are least.
  var indexOfLastMinimum: Int {
    indices.reduce(0) { self[$1] <= self[$0] ? $1 : $0 }
  }
}

extension Matrix {
  /// The rows' mean [D], and one scale for all columns: the root of the columns' mean variance; 1 where
  /// nothing varies.
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
