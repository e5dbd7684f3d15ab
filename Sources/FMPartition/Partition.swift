import FMArchive
import FMBase
import FMNumerics

/// Samples spread over sites and splits.
public struct Partition: Sendable {
  /// A site and its samples.
  public struct Site: Sendable {
    public let name: String
    /// Rows of the table, ascending.
    public let rows: [Int]
    /// Of each row.
    public let splits: [Split]
    public var isGlobal: Bool { name == Name.global }
  }

  /// Which samples become the Global site, all of it for testing.
  public enum Holdout: Sendable {
    case none
    /// The site of that name.
    case site(String)
    /// A share of the samples, stratified by class and drawn before the sites.
    case fraction(Double)
  }

  /// In the order of their names, Global last.
  public let sites: [Site]
  /// Sites that were left out because they have too few samples, with how many they have.
  public let tooSmall: [(site: String, samples: Int)]

  /// Spreads samples over sites.
  /// - Parameters:
  ///   - drop: sites to leave out.
  ///   - minimumSamples: sites with fewer samples are left out.
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
        // Sites that are left out are not to come back by way of Global.
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
          .badData, "a holdout of \(fraction) of \(units.count) samples or groups leaves nothing",
          file: samples.name)
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
        .badData, "a site is called \(Name.global) already", file: samples.name)
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
    FedMedError(
      .badData, "no site '\(name)'", file: samples.name,
      hint: "the sites are \(parts.map(\.site).joined(separator: ", "))")
  }

  /// A share of the units of each class: half a unit and more counts as one.
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

  /// A name for a site's file: lower-case letters, digits and hyphens; numbered where two sites
  /// would share one. In the order of `sites`.
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

  /// A site's name as that of a file: lower-case letters, digits and hyphens.
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
