import FMBase
import FMNumerics

/// A baseline without federation: logistic regression on each site's unit features, with the
/// penalty that does best on its validation samples. Nothing is sent.
public struct LocalLinear: FederatedMethod {
  private let setting: MethodSetting

  /// The penalty of a site without validation samples.
  private static let fallback = 0.1

  /// Creates the method for a run.
  public init(_ setting: MethodSetting) { self.setting = setting }

  /// Empty: nothing is shared.
  public let shared: Layout = []
  /// The site's own regression.
  public let predictors = ["alone"]

  /// The site's feature location, weight [C, D] and bias [C].
  public var kept: Layout {
    [
      TensorShape("alone/mean", [setting.dimension]), TensorShape("alone/scale", [1]),
      TensorShape("alone/weight", [setting.classes, setting.dimension]),
      TensorShape("alone/bias", [setting.classes]),
    ]
  }

  /// Empty: there is no global model.
  public func start(_ texts: ClassTexts?) -> [Tensor] { [] }

  /// A regression that is 0 everywhere.
  public func startKept(_ texts: ClassTexts, site: String) -> [Tensor] {
    tensors([Float](repeating: 0, count: setting.dimension), 1, empty)
  }

  /// Fits the regression to the site's samples.
  /// - Throws: `badData` if there are no training samples.
  public func train(
    _ data: TrainingData, shared: [Tensor], kept: [Tensor], progress: (Int) -> Void
  ) throws(FedMedError) -> Trained {
    Trained(sent: [], kept: try fit(data.training, data.validation), shared: [], epochs: [])
  }

  /// Predicts with the site's regression; without private arrays, all classes are equally likely.
  /// - Throws: `badData` if an array is missing, has another shape, or the scale is not above 0.
  public func predict(
    _ x: Matrix, texts: ClassTexts, shared: [Tensor], kept: [Tensor]?
  ) throws(FedMedError) -> Predictions {
    var probabilities = Matrix(rows: x.rows, columns: setting.classes)
    let arrays = try self.kept.select(
      from: kept ?? startKept(texts, site: "")
    ).map(\.values)
    guard arrays[1][0] > 0 else {
      throw FedMedError(.badData, "must be above 0", place: "alone/scale.npy")
    }
    var v = x.directions()
    v.standardize(mean: arrays[0], scale: arrays[1][0])
    probabilities.product(
      v,
      transposing: Matrix(
        rows: setting.classes, columns: setting.dimension, elements: arrays[2]))
    for row in 0..<x.rows {
      for c in 0..<setting.classes { probabilities[row, c] += arrays[3][c] }
    }
    probabilities.softmaxRows()
    return Predictions([Predictions.Part("alone", probabilities)])
  }

  /// Fits the regression and returns its arrays.
  /// - Throws: `badData` if there are no training samples.
  package func fit(_ training: Samples, _ validation: Samples) throws(FedMedError) -> [Tensor] {
    guard training.count > 0 else { throw FedMedError(.badData, "no training samples") }
    let units = training.features.directions()
    let (mean, scale) = units.location()
    func regression(_ samples: Samples, _ units: Matrix) -> LogisticRegression {
      var inputs = units
      inputs.standardize(mean: mean, scale: scale)
      return LogisticRegression(inputs, labels: samples.labels, classes: setting.classes)
    }
    var own = regression(training, units)
    var fit = empty
    if validation.count > 0 {
      var held = regression(validation, validation.features.directions())
      fit = own.fit(validation: &held) ?? fit
    } else {
      fit = own.fit(penalty: Self.fallback, from: fit)
    }
    return tensors(mean, scale, fit)
  }

  private var empty: LogisticRegression.Fit {
    LogisticRegression.Fit(classes: setting.classes, dimension: setting.dimension)
  }

  private func tensors(_ mean: [Float], _ scale: Float, _ fit: LogisticRegression.Fit) -> [Tensor] {
    let values = [
      mean, [scale], fit.weight.elements.map { Float($0) }, fit.bias.map { Float($0) },
    ]
    return kept.tensors(values)
  }
}

extension MethodDefinition {
  /// Logistic regression without federation.
  public static let localLinear = MethodDefinition(
    name: "local-linear", summary: "logistic regression at each site alone, without federation",
    parameters: [TrainingParameters.seed], rounds: 1, isOneRound: true
  ) { setting, _ in LocalLinear(setting) }
}
