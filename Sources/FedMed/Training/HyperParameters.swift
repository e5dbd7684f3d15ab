/// The hyper-parameters of a run. Who starts the run sets them; they travel in every manifest and
/// every site obeys them. The defaults are the paper's.
public struct HyperParameters: Codable, Equatable, Sendable {
  /// Decides every random number of the run.
  public var seed: UInt64 = 0
  /// B.
  public var batchSize = 32
  /// E, epochs at a site in each round.
  public var localEpochs = 1
  public var learningRateFAM = 5e-4
  public var learningRateMLP = 1e-4
  /// The learning rates' factor from one round to the next.
  public var decay = 0.97
  public var beta1 = 0.9
  public var beta2 = 0.98
  public var epsilon = 1e-6
  public var weightDecay = 0.02
  /// λ, the weight of mutual distillation.
  public var lambda = 0.04
  /// T, its temperature.
  public var temperature = 2.0
  /// H, the MLP's width.
  public var hidden = 512

  public init() {}

  /// The largest batch and width. Training takes memory by the square of each, about 2 GB at this
  /// limit: a hostile manifest cannot make a site take more.
  static let largest = 4096

  /// - Throws: `badData` naming the first value that no run can have.
  public func validate() throws(FedMedError) {
    func check(_ name: String, _ valid: Bool, _ rule: String) throws(FedMedError) {
      guard valid else {
        throw FedMedError(.badData, "must be \(rule)", place: "parameters.\(name)")
      }
    }
    let range = "from 1 to \(Self.largest)"
    try check("seed", seed <= 1 << 53, "at most 2^53")
    try check("batchSize", (2...Self.largest).contains(batchSize), "from 2 to \(Self.largest)")
    try check("localEpochs", (1...1_000_000).contains(localEpochs), "from 1 to 1000000")
    try check("hidden", (1...Self.largest).contains(hidden), range)
    try check("learningRateFAM", (0...1).contains(learningRateFAM), "from 0 to 1")
    try check("learningRateMLP", (0...1).contains(learningRateMLP), "from 0 to 1")
    try check("decay", decay > 0 && decay <= 1, "above 0 and at most 1")
    try check("beta1", (0..<1).contains(beta1), "from 0 to below 1")
    try check("beta2", (0..<1).contains(beta2), "from 0 to below 1")
    try check("epsilon", epsilon > 0 && epsilon <= 1, "above 0 and at most 1")
    try check("weightDecay", (0...1).contains(weightDecay), "from 0 to 1")
    try check("lambda", lambda >= 0 && lambda <= 1e6, "from 0 to 10^6")
    try check("temperature", temperature > 0 && temperature <= 1e6, "above 0 and at most 10^6")
  }
}
