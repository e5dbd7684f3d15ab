import FMBase
import FMNumerics

/// r(v) = V v + a, fitted by minimizing cross-entropy + (ρ/2) ‖V‖². The problem is convex; ρ is
/// chosen by the validation samples.
struct LinearResidual: Residual {
  private var fit: LogisticRegression.Fit

  /// Takes the fit with the lowest log loss on the validation samples, or zero if that is no
  /// better.
  init(_ training: ResidualProblem, _ validation: ResidualProblem) {
    func regression(_ problem: ResidualProblem) -> LogisticRegression {
      LogisticRegression(
        problem.inputs, labels: problem.labels, classes: problem.offsets.columns,
        offsets: problem.offsets)
    }
    let zero = LogisticRegression.Fit(
      classes: training.offsets.columns, dimension: training.inputs.columns)
    var (own, other) = (regression(training), regression(validation))
    fit = own.fit(validation: &other, below: other.crossEntropy(zero)) ?? zero
  }

  static func layout(_ setting: MethodSetting) -> Layout {
    [
      TensorShape("residual/weight", [setting.classes, setting.dimension]),
      TensorShape("residual/bias", [setting.classes]),
    ]
  }

  init(_ tensors: [Tensor], _ setting: MethodSetting) throws(FedMedError) {
    let arrays = try Self.layout(setting).select(from: tensors).map { $0.values.map { Double($0) } }
    fit = LogisticRegression.Fit(classes: setting.classes, dimension: setting.dimension)
    fit.weight = DoubleMatrix(
      rows: setting.classes, columns: setting.dimension, elements: arrays[0])
    fit.bias = arrays[1]
  }

  func values(_ v: Matrix) -> DoubleMatrix {
    var result = DoubleMatrix(rows: v.rows, columns: fit.bias.count)
    result.product(DoubleMatrix(v), transposing: fit.weight)
    for row in 0..<v.rows {
      for c in fit.bias.indices { result[row, c] += fit.bias[c] }
    }
    return result
  }

  func tensors() -> [Tensor] {
    [
      Tensor(
        name: "residual/weight", shape: [fit.weight.rows, fit.weight.columns],
        values: fit.weight.elements.map { Float($0) }),
      Tensor(
        name: "residual/bias", shape: [fit.bias.count], values: fit.bias.map { Float($0) }),
    ]
  }
}
