import FMBase
import FMNumerics

/// A method whose updates are statistics that are summed: the sum over all sites is what all samples in one
/// place would give. Sites send single precision in multiples of 2⁻²⁴; totals are exact integers of that unit,
/// so that order and grouping change no bit, and a site can be added to or removed from a finished total.
public protocol StatisticsMethod: FederatedMethod {
  /// What a model is made of: the totals, in the order of `sent`.
  /// - Throws: `badData` where no model can be made of them, with the reason.
  func model(of totals: [IntegerTensor]) throws(FedMedError) -> StatisticsModel

  /// Whether a site's statistics can be those of so many samples: what a broken or malicious site sends must
  /// not spoil the sum unnoticed.
  /// - Parameter totals: of one site or of several, in the order of `sent`.
  /// - Throws: `badData` with the array and the contradiction.
  func check(_ totals: [IntegerTensor], samples: Int) throws(FedMedError)

  /// What a guard compares instead of the statistics themselves, which grow with the number of samples.
  /// - Parameter totals: in the order of `sent`.
  func comparable(_ totals: [IntegerTensor]) -> [Tensor]
}

/// A model made of total statistics.
public struct StatisticsModel: Sendable {
  /// As the method's `shared` has them.
  public let tensors: [Tensor]
  /// Classes without samples, which it never predicts.
  public let missing: [Int]
  /// What else whoever makes it should know, a line each.
  public let remarks: [String]

  public init(tensors: [Tensor], missing: [Int], remarks: [String]) {
    (self.tensors, self.missing, self.remarks) = (tensors, missing, remarks)
  }
}
