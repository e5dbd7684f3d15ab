import FMArchive
import FMBase
import FMNumerics

/// Samples distributed over sites and splits.
public struct Partition: Sendable {
  /// A site and its samples.
  public struct Site: Sendable {
    /// The site's name.
    public let name: String
    /// Row indices of the table, in ascending order.
    public let rows: [Int]
    /// The split of each of `rows`.
    public let splits: [Split]
    /// Whether this is the held-out site.
    public var isGlobal: Bool { name == Name.global }
  }

  /// The samples that become the held-out site Global, all of them for testing.
  public enum Holdout: Sendable {
    /// No held-out site.
    case none
    /// The site with that name.
    case site(String)
    /// A share of the samples, stratified by class and drawn before the sites.
    case fraction(Double)
  }

  /// The sites in the order of their names, with Global last.
  public let sites: [Site]
  /// Sites excluded for having too few samples, with their numbers of samples.
  public let tooSmall: [(site: String, samples: Int)]

  /// Distributes samples over sites and splits.
  /// - Parameters:
  ///   - drop: names of sites to exclude.
  ///   - minimumSamples: sites with fewer samples are excluded.
  /// - Throws: `badData` if a class has no samples (unless the scheme is fixed), the holdout or the
  ///   split is stratified and the samples are not labeled, the holdout is empty or takes
  ///   everything, a site in `drop` or `holdout` is unknown, no site remains, or the scheme fails.
  public init(
    _ samples: SampleSet, scheme: any PartitionScheme, split: SplitPlan, holdout: Holdout,
    drop: [String], minimumSamples: Int, seed: UInt64
  ) throws(FedMedError) {
    if !type(of: scheme).isFixed { try samples.requireEveryClass() }
    var units = Array(samples.units.indices)
    var global: [Int]?
    var random = RandomStream(seed: seed, purpose: .partition)
    if case .fraction(let fraction) = holdout {
      try samples.requireLabels("a stratified holdout")
      if type(of: scheme).isFixed {
        // Samples of excluded sites must not reappear in Global.
        let all = try scheme.assign(units, of: samples, random: &random)
        for name in drop where !all.contains(where: { $0.site == name }) {
          throw Self.unknown(name, all, samples)
        }
        units = all.filter {
          !drop.contains($0.site) && samples.sampleCount($0.units) >= minimumSamples
        }.flatMap(\.units).sorted()
      }
      let held = Self.holdout(fraction, units, of: samples, seed: seed)
      guard !held.isEmpty, held.count < units.count else {
        throw FedMedError(
          .badData,
          "a holdout of \(fraction) takes \(held.count) of \(units.count) samples or groups; "
            + "it must take at least one, but not all", file: samples.name)
      }
      units.removeAll { held.contains($0) }
      global = held.sorted()
    }
    var parts = try scheme.assign(units, of: samples, random: &random)
    parts.sort { $0.site.precedes($1.site) }
    for name in drop {
      if global != nil, type(of: scheme).isFixed { break }
      guard let index = parts.firstIndex(where: { $0.site == name }) else {
        throw Self.unknown(name, parts, samples)
      }
      parts.remove(at: index)
    }
    if case .site(let name) = holdout {
      guard let index = parts.firstIndex(where: { $0.site == name }) else {
        throw Self.unknown(name, parts, samples)
      }
      global = parts.remove(at: index).units
    }
    if global != nil, parts.contains(where: { $0.site == Name.global }) {
      throw FedMedError(
        .badData, "a site is already named \(Name.global)", file: samples.name)
    }
    tooSmall = parts.map { ($0.site, samples.sampleCount($0.units)) }
      .filter { $0.1 < minimumSamples }
    parts.removeAll { samples.sampleCount($0.units) < minimumSamples }
    guard !parts.isEmpty else {
      throw FedMedError(.badData, "no site is left", file: samples.name)
    }
    var sites: [Site] = []
    for part in parts {
      var random = RandomStream(seed: seed, site: part.site, purpose: .split)
      let splits = try split.assign(part.units, of: samples, random: &random)
      let rows = zip(part.units, splits).flatMap { unit, split in
        samples.units[unit].rows.map { ($0, split) }
      }.sorted { $0.0 < $1.0 }
      sites.append(Site(name: part.site, rows: rows.map(\.0), splits: rows.map(\.1)))
    }
    if let global {
      let rows = global.flatMap { samples.units[$0].rows }.sorted()
      sites.append(
        Site(name: Name.global, rows: rows, splits: rows.map { _ in .test }))
    }
    self.sites = sites
  }

  private static func unknown(
    _ name: String, _ parts: [(site: String, units: [Int])], _ samples: SampleSet
  ) -> FedMedError {
    let known = parts.map(\.site).sorted { $0.precedes($1) }.joined(separator: ", ")
    return FedMedError(
      .badData, "unknown site '\(printable(name))' (known: \(known))", file: samples.name)
  }

  /// Draws a share of the units of each class, rounded to the nearest number of units.
  private static func holdout(
    _ fraction: Double, _ units: [Int], of samples: SampleSet, seed: UInt64
  ) -> Set<Int> {
    var random = RandomStream(seed: seed, purpose: .holdout)
    var held: Set<Int> = []
    for c in 0..<max(samples.classes.count, 1) {
      var members = units.filter { samples.units[$0].label == c }
      random.shuffle(&members)
      held.formUnion(members.prefix(Int((fraction * Double(members.count)).rounded())))
    }
    return held
  }

  /// Names for the sites' files, in the order of `sites`: lower-case letters, digits and hyphens,
  /// with a number appended if two sites would share one.
  public var slugs: [String] {
    var used: Set<String> = []
    return sites.map { site in
      let slug = Self.slug(site.name)
      var (name, number) = (slug, 1)
      while !used.insert(name).inserted {
        number += 1
        name = "\(slug)-\(number)"
      }
      return name
    }
  }

  /// Makes a file name of a site's name: lower-case letters, digits and hyphens.
  package static func slug(_ site: String) -> String {
    var words: [String] = [""]
    for scalar in site.lowercased().unicodeScalars {
      if scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      {
        words[words.count - 1].unicodeScalars.append(scalar)
      } else if words.last != "" {
        words.append("")
      }
    }
    let joined = words.filter { !$0.isEmpty }.joined(separator: "-").prefix(100)
    return joined.isEmpty ? "site" : String(joined)
  }
}
