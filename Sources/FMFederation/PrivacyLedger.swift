import FMArchive
import FMBase
import FMMethods
import FMPrivacy

/// The ledger of a data set: every release with noise that was made of it, in any run, and what
/// they cost in all. It outlives runs, because the cost adds up over all of them.
///
/// A release is charged once, when its noise is drawn, and its files are kept: a repeated round
/// sends them again, at no cost. The noise itself is not kept.
public struct PrivacyLedger: Equatable, Sendable {
  /// A release.
  public struct Charge: Codable, Equatable, Sendable {
    /// The identity of the global model from which the round started.
    public var model: String
    /// The site that made it.
    public var site: String
    /// The round.
    public var round: Int
    /// The name of the method.
    public var method: String
    /// What is protected.
    public var unit: PrivacyGuarantee.Unit
    /// δ of the run.
    public var delta: Double
    /// ε of this release alone, for that δ.
    public var epsilon: Double
    /// How many sites share the noise: the site added this part of its variance.
    public var shares: Int
    /// The hash of the list of sites that the update is summed with; `nil` if it is sent alone.
    public var list: String?
    /// The privacy loss at the orders of the accountant.
    var loss: [Double]
    /// The SHA-256 of the update.
    public var update: String
  }

  /// All releases, in the order in which they were made.
  public private(set) var charges: [Charge] = []

  /// An empty ledger.
  public init() {}

  /// The release that a round at a site costs.
  /// - Parameter sites: the list of sites that the update is summed with; `nil` if it is sent alone.
  /// - Returns: the charge, without its update; `nil` if the model's run adds no noise.
  /// - Throws: `badData` if the model's method is unknown.
  public static func charge(
    for model: ModelArchive, site: String, sites: SecureSites?
  ) throws(FedMedError) -> Charge? {
    guard let method = try model.method() as? any PrivateMethod, let guarantee = method.guarantee
    else { return nil }
    let loss = method.lossOfRound
    return Charge(
      model: model.identity, site: site, round: model.round + 1, method: model.run.method,
      unit: guarantee.unit, delta: guarantee.delta,
      epsilon: loss.epsilon(delta: guarantee.delta),
      shares: method.sharesNoise ? sites?.noiseShares ?? 1 : 1,
      list: sites?.hash, loss: loss.values, update: "")
  }

  /// The noise of a run in words; `nil` if it adds none.
  /// - Throws: `badData` if the model's method is unknown.
  public static func noise(of model: ModelArchive) throws(FedMedError) -> String? {
    guard let method = try model.method() as? any PrivateMethod, method.guarantee != nil else {
      return nil
    }
    return method.noiseDescription
  }

  /// The same release, if it was made before.
  /// - Throws: `refused` if it was made for another sum, or for none: an update that was to be summed
  ///   with others must not be sent alone, and the difference of two sums is one update.
  public func made(_ charge: Charge) throws(FedMedError) -> Charge? {
    guard let made = charges.first(where: { $0.model == charge.model && $0.site == charge.site })
    else { return nil }
    guard made.list == charge.list, made.shares == charge.shares else {
      throw FedMedError(
        .refused,
        "the round was released \(made.list == nil ? "alone" : "for another list of sites") before",
        hint: "a run with another seed is another release")
    }
    return made
  }

  /// ε of all releases together, for a δ.
  public func epsilon(delta: Double) -> Double {
    charges.reduce(RenyiCurve.zero) { $0 + RenyiCurve(values: $1.loss) }.epsilon(delta: delta)
  }

  /// Adds a release.
  /// - Throws: `refused` if what is spent then would exceed the budget, or it protects other units than
  ///   the releases before.
  public mutating func add(_ charge: Charge, budget: Double?) throws(FedMedError) {
    if let other = charges.first(where: { $0.unit != charge.unit }) {
      throw FedMedError(
        .refused,
        "the ledger protects each \(other.unit.rawValue), the run protects each "
          + charge.unit.rawValue,
        hint: "all runs on a data set must use the same --dp-unit")
    }
    charges.append(charge)
    let spent = epsilon(delta: charge.delta)
    guard spent <= budget ?? .infinity else {
      let before = PrivacyLedger(Array(charges.dropLast())).epsilon(delta: charge.delta)
      throw FedMedError(
        .refused,
        "the round would raise epsilon from \(Self.short(before)) to \(Self.short(spent)), the "
          + "budget is \(Self.short(budget ?? 0))")
    }
  }

  private init(_ charges: [Charge]) { self.charges = charges }

  private static func short(_ value: Double) -> String { JSON.rounded(value, places: 4).line }

  /// Reads a ledger.
  /// - Throws: `badData` if it is malformed.
  public init(json: [UInt8], file: String) throws(FedMedError) {
    do throws(FedMedError) {
      // What is spent can be computed, and compared, only if all releases are valid.
      let first: Content = try JSON.decode(json, place: "ledger.json", limits: .ledger)
      guard first.charges.allSatisfy(\.isValid) else {
        throw FedMedError(.badData, "not the privacy loss of a release", place: "charges")
      }
      let content: Content = try JSON.decodeExactly(json, place: "ledger.json", limits: .ledger) {
        $0.charges.allSatisfy(\.isValid) ? Self($0.charges).json : .null
      }
      charges = content.charges
    } catch {
      throw error.naming(file: file)
    }
    guard Set(charges.map { "\($0.model) \($0.site)" }).count == charges.count else {
      throw FedMedError(.badData, "a release is listed twice", file: file)
    }
  }

  private struct Content: Decodable { let charges: [Charge] }

  /// The content of the file: what was spent at the δ of the last release, and all releases.
  public var json: JSON {
    .object([
      "format": .string("fedmed-ledger"),
      "orders": .array(RenyiCurve.orders.map { .number($0) }),
      "delta": charges.last.map { .number($0.delta) },
      "spent": charges.last.map { .number(epsilon(delta: $0.delta)) },
      "charges": .array(charges.map(\.json)),
    ])
  }
}

extension PrivacyLedger.Charge {
  fileprivate var isValid: Bool {
    loss.count == RenyiCurve.orders.count && loss.allSatisfy { (0...0x1p60).contains($0) }
      && (1e-12...0.5).contains(delta) && shares > 0
  }

  fileprivate var json: JSON {
    .object([
      "model": .string(model), "site": .string(site), "round": .integer(round),
      "method": .string(method),
      "unit": .string(unit.rawValue), "delta": .number(delta), "epsilon": .number(epsilon),
      "shares": .integer(shares), "list": list.map { .string($0) },
      "update": .string(update), "loss": .array(loss.map { .number($0) }),
    ])
  }
}

/// How a site takes part in a run with noise.
public struct SiteNoise: Sendable {
  /// The column of the feature table that names the patients.
  public var patients: String
  /// The ε that the ledger of the data set shows after the round.
  public var spent: Double
  /// What the site draws noise with.
  package var source: NoiseSource

  /// Creates a description of a site's noise, drawn with random numbers of the operating system.
  /// - Parameter shares: how many sites share the noise of a sum.
  public init(patients: String = "patient", spent: Double, shares: Int = 1) {
    (self.patients, self.spent, source) = (patients, spent, NoiseSource(shares: shares))
  }

  package init(patients: String = "patient", spent: Double, source: NoiseSource) {
    (self.patients, self.spent, self.source) = (patients, spent, source)
  }
}
