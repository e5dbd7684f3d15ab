import FMBase
import FMNumerics

/// A way to spread samples over sites. One file each; found by its name.
public protocol PartitionScheme: Sendable {
  static var name: String { get }
  /// The options it takes, as they are spelled on the command line.
  static var options: Set<PartitionOption> { get }
  /// Whether the table decides, and nothing is drawn.
  static var isFixed: Bool { get }

  /// What it needs of the options.
  /// - Throws: `usage` where one is missing or out of range.
  init(_ options: PartitionOptions) throws(FedMedError)

  /// Puts every unit named by `units` at a site.
  /// - Parameter units: indices into `samples.units`.
  /// - Returns: the sites' names and their units. Sites of too few samples are left to the caller,
  ///   unless the scheme can draw anew.
  /// - Throws: `badData` where it cannot be done.
  func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])]
}

public enum PartitionSchemes {
  public static let all: [any PartitionScheme.Type] = [
    ColumnScheme.self, WholeScheme.self, IIDScheme.self, DirichletScheme.self,
    PathologicalScheme.self, QuantityScheme.self,
  ]
}

/// What schemes can be told; a scheme takes some of them.
public enum PartitionOption: String, Sendable {
  case column, site, sites, alpha
  case classesPerSite = "classes per site"
}

/// The options of all schemes.
public struct PartitionOptions: Sendable {
  /// The column that names the site of a sample.
  public var column: String?
  /// The one site's name.
  public var site: String?
  /// How many sites to make.
  public var sites: Int?
  /// The Dirichlet distribution's concentration: small is very uneven.
  public var alpha: Double?
  /// k, the classes that a site has.
  public var classesPerSite: Int?
  /// The fewest samples that a site may have.
  public var minimumSamples = 1

  public init() {}

  /// - Throws: `usage` for an option that `scheme` does not take.
  public func check(for scheme: any PartitionScheme.Type) throws(FedMedError) {
    let given: [(PartitionOption, Bool)] = [
      (.column, column != nil), (.site, site != nil), (.sites, sites != nil),
      (.alpha, alpha != nil), (.classesPerSite, classesPerSite != nil),
    ]
    for (option, isGiven) in given where isGiven && !scheme.options.contains(option) {
      throw FedMedError(.usage, "scheme \(scheme.name) takes no \(option.rawValue)")
    }
  }

  package func require<Value>(_ value: Value?, _ option: PartitionOption, scheme: String)
    throws(FedMedError)
    -> Value
  {
    guard let value else {
      throw FedMedError(.usage, "scheme \(scheme) needs \(option.rawValue)")
    }
    return value
  }

  func requireSites(scheme: String) throws(FedMedError) -> Int {
    let count = try require(sites, .sites, scheme: scheme)
    guard (1...100_000).contains(count) else {
      throw FedMedError(.usage, "sites must be from 1 to 100000")
    }
    return count
  }

  func requireAlpha(scheme: String) throws(FedMedError) -> Double {
    let alpha = try require(alpha, .alpha, scheme: scheme)
    guard alpha >= 1e-6 && alpha <= 1e6 else {
      throw FedMedError(.usage, "alpha must be from 10^-6 to 10^6")
    }
    return alpha
  }

  /// site1, site2, …, with as many digits as the last one needs.
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
        .badData, "\(sites) sites for \(units.count) samples or groups", file: name)
    }
  }

  func requireLabels(_ what: String) throws(FedMedError) {
    guard isLabelled else { throw FedMedError(.badData, "\(what) needs labels", file: name) }
  }

  /// Calls `draw` until every site has enough samples, a hundred times at the most: with a small α
  /// or many sites there may be no such draw.
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
      .badData, "no draw out of 100 gave each of \(sites) sites at least \(minimum) samples",
      file: name, hint: "a larger alpha, fewer sites or a smaller minimum may do")
  }

  /// Cuts `units` into consecutive parts whose sizes follow `shares`, which sum to 1.
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
