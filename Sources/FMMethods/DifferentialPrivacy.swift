import FMBase
import FMPrivacy

/// The hyper-parameters of differential privacy, which methods declare that can add noise.
public enum PrivacyParameters {
  /// ε; 0 adds no noise. Below the lower limit, noise would exceed the range of its sampler.
  public static let epsilon = HyperParameter(
    "dp", default: 0, in: .zeroOr(0.01, 100),
    "Epsilon of differential privacy; 0 adds no noise.")
  /// δ.
  public static let delta = HyperParameter(
    "delta", default: 1e-5, in: .closed(1e-12, 1e-2),
    "Delta of differential privacy, at most a tenth of 1 over the number of samples of a site.")
  /// What a guarantee protects.
  public static let unit = HyperParameter(
    "dpUnit", default: PrivacyGuarantee.Unit.sample.rawValue,
    of: PrivacyGuarantee.Unit.allCases.map(\.rawValue),
    "Whether differential privacy protects a sample, or all samples of a patient.")

  /// All of them, in the order of a manifest.
  static let all: [any HyperParameterDeclaration] = [epsilon, delta, unit]
}

/// The guarantee of a run: whatever leaves the sites during training is (ε, δ)-differentially
/// private with respect to adding or removing one unit.
public struct PrivacyGuarantee: Equatable, Sendable {
  /// What is protected.
  public enum Unit: String, CaseIterable, Codable, Sendable {
    /// One training sample.
    case sample
    /// All training samples of a patient at a site.
    case patient
  }

  /// ε.
  public let epsilon: Double
  /// δ.
  public let delta: Double
  /// What is protected.
  public let unit: Unit

  /// The guarantee of a run with these hyper-parameters; `nil` if it adds no noise.
  public init?(_ values: HyperParameters) {
    guard values[PrivacyParameters.epsilon] > 0 else { return nil }
    epsilon = values[PrivacyParameters.epsilon]
    delta = values[PrivacyParameters.delta]
    unit = Unit(rawValue: values[PrivacyParameters.unit]) ?? .sample
  }
}

/// A method that can add noise to what leaves a site.
package protocol PrivateMethod: FederatedMethod {
  /// The run's guarantee; `nil` if it adds no noise.
  var guarantee: PrivacyGuarantee? { get }
  /// The privacy loss of a site's update in one round.
  var lossOfRound: RenyiCurve { get }
  /// The noise in words.
  var noiseDescription: String { get }
  /// Whether the sites of a secure sum share its noise; otherwise each adds all of it.
  var sharesNoise: Bool { get }
}

extension PrivateMethod {
  /// By default, each site adds all of its noise.
  package var sharesNoise: Bool { false }
}

/// What a site draws its noise with.
package struct NoiseSource: Sendable {
  /// The generator; it never depends on the run's seed.
  package var random: any RandomSource & Sendable
  /// How many sites share the noise of a sum: each adds this part of the variance. 1 if every site
  /// adds all of it.
  package var shares: Int

  /// Creates a source of the operating system's random numbers.
  package init(random: any RandomSource & Sendable = SystemRandom(), shares: Int = 1) {
    (self.random, self.shares) = (random, shares)
  }
}
