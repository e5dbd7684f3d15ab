import FMBase

extension Manifest {
  /// What differential privacy has cost, and the noise that was added for it.
  public struct Privacy: Codable, Equatable, Sendable {
    /// The variance of the noise, as a multiple of that which one site adds if it does not share it
    /// with others.
    public var noise: Double
    /// The ε that the ledger of the site's data set shows after this release, for the run's δ;
    /// in a model, the largest of all sites.
    public var spent: Double

    /// Creates a description of noise.
    public init(noise: Double, spent: Double) { (self.noise, self.spent) = (noise, spent) }

    /// The total noise and the largest ε of releases that are added up; `nil` without noise.
    package static func sum(_ parts: [Privacy?]) -> Privacy? {
      let parts = parts.compactMap { $0 }
      guard let spent = parts.map(\.spent).max() else { return nil }
      return Privacy(noise: parts.reduce(0) { $0 + $1.noise }, spent: spent)
    }

    package func validate() throws(FedMedError) {
      try Check.value(noise > 0 && noise <= 0x1p30, "privacy.noise", "out of range")
      try Check.value(spent >= 0 && spent <= 0x1p60, "privacy.spent", "out of range")
    }

    package var json: JSON {
      .object(["noise": .number(noise), "spent": .number(spent)])
    }
  }
}
