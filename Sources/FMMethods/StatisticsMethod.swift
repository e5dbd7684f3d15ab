import FMBase
import FMNumerics

/// A method whose updates are statistics that are summed: the sum over all sites equals the
/// statistics of all samples in one place. Sites send single precision in multiples of 2⁻²⁴, and
/// totals are exact integers in that unit. Order and grouping therefore change no bit, and a site
/// can be added to or removed from a finished total.
public protocol StatisticsMethod: FederatedMethod {
  /// Makes a model from the totals, which are in the order of `sent`.
  /// - Parameter noise: the variance of the noise in them, as a multiple of that which one site
  ///   adds if it does not share it with others; 0 without noise.
  /// - Throws: `badData` if they allow no model, with the reason.
  func model(of totals: [IntegerTensor], noise: Double) throws(FedMedError) -> StatisticsModel

  /// Checks that statistics can be those of `samples` samples, so that a faulty or malicious site
  /// cannot corrupt the sum unnoticed.
  /// - Parameters:
  ///   - totals: those of one site or of several, in the order of `sent`.
  ///   - samples: the number of samples, which is not checked if there is noise.
  ///   - noise: the variance of the noise, as for a model.
  /// - Throws: `badData` with the array and the contradiction.
  func check(_ totals: [IntegerTensor], samples: Int, noise: Double) throws(FedMedError)

  /// The number of samples according to totals, which noise may change.
  /// - Parameter totals: in the order of `sent`.
  func samples(in totals: [IntegerTensor]) -> Int

  /// Returns arrays for guards to compare, because the statistics themselves grow with the number
  /// of samples.
  /// - Parameter totals: in the order of `sent`.
  func comparable(_ totals: [IntegerTensor]) -> [Tensor]
}

/// A model made of total statistics.
public struct StatisticsModel: Sendable {
  /// The arrays, in the layout `shared`.
  public let tensors: [Tensor]
  /// Classes without samples, which the model never predicts.
  public let missing: [Int]
  /// Notes for whoever makes the model, one line each.
  public let remarks: [String]

  /// Creates a model.
  public init(tensors: [Tensor], missing: [Int], remarks: [String]) {
    (self.tensors, self.missing, self.remarks) = (tensors, missing, remarks)
  }
}
