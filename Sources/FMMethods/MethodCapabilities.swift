import FMBase
import FMNumerics

// Optional capabilities of methods. Tools check for them with `as?`.

/// A method with a private step: a site fits private arrays to its own samples with a finished
/// model. The arrays never leave the site.
public protocol PersonalizedMethod: FederatedMethod {
  /// The private arrays, which replace `kept` in predictions with that model.
  var personal: Layout { get }

  /// Fits the private arrays.
  /// - Parameters:
  ///   - shared: the finished model's arrays.
  /// - Throws: `badData` if the samples or the model do not allow it.
  func personalize(_ data: TrainingData, shared: [Tensor]) throws(FedMedError) -> [Tensor]
}

/// A method whose server fits the temperature of a finished model to the sites' validation losses.
public protocol CalibratedMethod: FederatedMethod {
  /// The candidate temperatures, in ascending order.
  var temperatures: [Double] { get }

  /// Returns the number of samples whose class the model knows, and the sum of their log losses at
  /// each temperature.
  /// - Throws: `badData` if an array is missing or invalid.
  func logLosses(
    _ samples: Samples, shared: [Tensor]
  ) throws(FedMedError) -> (count: Int, losses: [Double])

  /// Returns the model's arrays with another temperature.
  /// - Throws: `badData` if an array is missing or invalid.
  func calibrated(_ shared: [Tensor], temperature: Double) throws(FedMedError) -> [Tensor]
}

/// A method that can predict for a clinic whose case mix is known.
public protocol CaseMixMethod: FederatedMethod {
  /// Predicts with `prior` in place of the site's own.
  /// - Parameter prior: the probabilities of the classes before an image is seen [C], which sum to
  ///   1.
  /// - Throws: `badData` if an array is missing or invalid, or the model knows no class of the
  ///   prior.
  func predict(
    _ x: Matrix, shared: [Tensor], kept: [Tensor]?, prior: [Double]
  ) throws(FedMedError) -> Predictions
}
