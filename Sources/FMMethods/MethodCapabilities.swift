import FMBase
import FMNumerics

// What some methods can do beyond training and predicting. A tool asks for it with `as?`.

/// A method with a private step: with a finished model, a site makes itself private arrays of its own samples.
/// Nothing of them leaves the site.
public protocol PersonalizedMethod: FederatedMethod {
  /// The private arrays, which take the place of `kept` in predictions with that model.
  var personal: Layout { get }

  /// - Parameters:
  ///   - shared: the finished model's arrays.
  /// - Throws: `badData` where the samples do not allow it.
  func personalize(_ data: TrainingData, shared: [Tensor]) throws(FedMedError) -> [Tensor]
}

/// A method whose server fits the temperature of a finished model to what sites say of their validation samples.
public protocol CalibratedMethod: FederatedMethod {
  /// The temperatures that are tried, in ascending order.
  var temperatures: [Double] { get }

  /// The sum of the log losses of the samples whose classes the model knows, for each of the temperatures, and
  /// how many these are.
  func logLosses(
    _ samples: Samples, shared: [Tensor]
  ) throws(FedMedError) -> (count: Int, losses: [Double])

  /// The same model at another temperature.
  func calibrated(_ shared: [Tensor], temperature: Double) throws(FedMedError) -> [Tensor]
}

/// A method that can predict for a clinic whose mix of cases is known.
public protocol CaseMixMethod: FederatedMethod {
  /// Predicts as `predict` does, with `prior` in place of the site's own.
  /// - Parameter prior: the classes' probabilities before an image is seen [C], which sum to 1.
  func predict(
    _ x: Matrix, shared: [Tensor], kept: [Tensor]?, prior: [Double]
  ) throws(FedMedError) -> Predictions
}
