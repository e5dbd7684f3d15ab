import FMBase
import FMNumerics

/// A way to distribute samples over sites. Each scheme has a file of its own and is found by its
/// name.
public protocol PartitionScheme: Sendable {
  /// The name on the command line.
  static var name: String { get }
  /// The options that the scheme takes.
  static var options: Set<PartitionOption> { get }
  /// Whether the table decides, so that nothing is drawn.
  static var isFixed: Bool { get }

  /// Creates the scheme from its options.
  /// - Throws: `usage` if an option is missing or out of range.
  init(_ options: PartitionOptions) throws(FedMedError)

  /// Assigns units to sites.
  /// - Parameter units: indices into `samples.units`; each is assigned to one site.
  /// - Returns: the sites' names and units. The caller must handle sites with too few samples,
  ///   unless the scheme can draw again.
  /// - Throws: `badData` if the samples do not allow it.
  func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])]
}

/// All partition schemes.
public enum PartitionSchemes {
  /// All schemes, in the order of help and manuals.
  public static let all: [any PartitionScheme.Type] = [
    ColumnScheme.self, WholeScheme.self, IIDScheme.self, DirichletScheme.self,
    PathologicalScheme.self, QuantityScheme.self,
  ]
}

/// An option of a scheme. Raw values are used in messages.
public enum PartitionOption: String, Sendable {
  /// The column with each sample's site.
  case column
  /// The name of the only site.
  case site
  /// The number of sites.
  case sites
  /// The concentration of the Dirichlet distribution.
  case alpha
  /// The number of classes per site.
  case classesPerSite = "classes per site"
}

/// The options of all schemes; `nil` if not given.
public struct PartitionOptions: Sendable {
  /// The column with each sample's site.
  public var column: String?
  /// The name of the only site.
  public var site: String?
  /// The number of sites, from 1 to 100,000.
  public var sites: Int?
  /// α, the concentration of the Dirichlet distribution, from 10⁻⁶ to 10⁶; small values give very
  /// uneven shares.
  public var alpha: Double?
  /// k, the number of classes per site, at least 1.
  public var classesPerSite: Int?
  /// The minimal number of samples of a site.
  public var minimumSamples = 1

  /// Creates options without values.
  public init() {}

  /// Checks that every given option is one of `scheme`.
  /// - Throws: `usage` if it is not.
  public func check(for scheme: any PartitionScheme.Type) throws(FedMedError) {
    let given: [(PartitionOption, Bool)] = [
      (.column, column != nil), (.site, site != nil), (.sites, sites != nil),
      (.alpha, alpha != nil), (.classesPerSite, classesPerSite != nil),
    ]
    for (option, isGiven) in given where isGiven && !scheme.options.contains(option) {
      throw FedMedError(
        .usage, "\(option.rawValue) cannot be combined with scheme \(scheme.name)")
    }
  }

  /// Returns the value of an option that a scheme requires.
  /// - Throws: `usage` if it is missing.
  package func require<Value>(_ value: Value?, _ option: PartitionOption, scheme: String)
    throws(FedMedError)
    -> Value
  {
    guard let value else {
      throw FedMedError(.usage, "scheme \(scheme) requires \(option.rawValue)")
    }
    return value
  }

  func requireSites(scheme: String) throws(FedMedError) -> Int {
    let count = try require(sites, .sites, scheme: scheme)
    guard (1...100_000).contains(count) else {
      throw FedMedError(.usage, "sites must be between 1 and 100000, found \(count)")
    }
    return count
  }

  func requireAlpha(scheme: String) throws(FedMedError) -> Double {
    let alpha = try require(alpha, .alpha, scheme: scheme)
    guard alpha >= 1e-6 && alpha <= 1e6 else {
      throw FedMedError(.usage, "alpha must be between 10^-6 and 10^6, found \(alpha)")
    }
    return alpha
  }

  /// Returns site1, site2, …, with leading zeros so that all have the same length.
  static func siteNames(_ count: Int) -> [String] {
    let width = String(count).count
    return (1...count).map {
      let digits = String($0)
      return "site" + String(repeating: "0", count: width - digits.count) + digits
    }
  }
}

extension SampleSet {
  func sampleCount(_ units: [Int]) -> Int {
    units.reduce(0) { $0 + self.units[$1].rows.count }
  }

  func requireUnits(_ units: [Int], atLeast sites: Int) throws(FedMedError) {
    guard units.count >= sites else {
      throw FedMedError(
        .badData,
        "\(sites) sites require at least \(sites) samples or groups, found \(units.count)",
        file: name)
    }
  }

  func requireLabels(_ user: String) throws(FedMedError) {
    guard isLabeled else { throw FedMedError(.badData, "\(user) requires labels", file: name) }
  }

  /// Calls `draw` until every site has at least `minimum` samples, at most a hundred times: with a
  /// small α or many sites, such a draw may not exist.
  /// - Throws: `badData` if all draws fail.
  package func drawing(
    sites: Int, minimum: Int, _ draw: () -> [[Int]]
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    for _ in 0..<100 {
      let parts = draw()
      if parts.allSatisfy({ sampleCount($0) >= minimum }) {
        return Array(zip(PartitionOptions.siteNames(sites), parts)).map { ($0, $1) }
      }
    }
    throw FedMedError(
      .badData, "none of 100 draws gave each of \(sites) sites at least \(minimum) samples",
      file: name, hint: "use a larger alpha, fewer sites or a smaller minimum")
  }

  /// Cuts `units` into consecutive parts whose sizes are proportional to `shares`, which sum to 1.
  package static func cut(_ units: [Int], shares: [Double]) -> [[Int]] {
    var parts: [[Int]] = []
    var (start, sum) = (0, 0.0)
    for (index, share) in shares.enumerated() {
      sum += share
      let end =
        index == shares.count - 1
        ? units.count : min(max(Int((sum * Double(units.count)).rounded()), start), units.count)
      parts.append(Array(units[start..<end]))
      start = end
    }
    return parts
  }
}
