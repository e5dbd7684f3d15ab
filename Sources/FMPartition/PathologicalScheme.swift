import FMBase
import FMNumerics

/// Sites with k classes each (McMahan et al. 2017); each class is distributed evenly over its
/// sites.
public struct PathologicalScheme: PartitionScheme {
  /// The scheme's name.
  public static let name = "pathological"
  /// Requires the number of sites and of classes per site.
  public static let options: Set<PartitionOption> = [.sites, .classesPerSite]
  /// Units are drawn at random.
  public static let isFixed = false
  private let sites: Int
  private let classesPerSite: Int

  /// Creates the scheme.
  /// - Throws: `usage` if an option is missing or out of range.
  public init(_ options: PartitionOptions) throws(FedMedError) {
    sites = try options.requireSites(scheme: Self.name)
    classesPerSite = try options.require(
      options.classesPerSite, .classesPerSite, scheme: Self.name)
    guard classesPerSite > 0 else {
      throw FedMedError(.usage, "classes per site must be at least 1, found \(classesPerSite)")
    }
  }

  /// Deals classes to the sites, and the units of each class to its sites.
  /// - Throws: `badData` if samples are not labeled, k exceeds the number of classes, the sites
  ///   cannot cover all classes, or a class has fewer units than sites.
  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    try samples.requireLabels("scheme \(Self.name)")
    let classes = samples.classes.count
    guard classesPerSite <= classes else {
      throw FedMedError(
        .badData, "\(classesPerSite) classes per site, but there are only \(classes)",
        file: samples.name)
    }
    guard sites * classesPerSite >= classes else {
      throw FedMedError(
        .badData,
        "\(sites) sites with \(classesPerSite) classes each cannot cover all \(classes) classes",
        file: samples.name)
    }
    // Classes are dealt like cards, so that no site gets a class twice and no class is left over.
    let deck = random.permutation(classes)
    var holders = [[Int]](repeating: [], count: classes)
    for card in 0..<sites * classesPerSite {
      holders[deck[card % classes]].append(card / classesPerSite)
    }
    var parts = [[Int]](repeating: [], count: sites)
    for c in 0..<classes {
      var members = units.filter { samples.units[$0].label == c }
      guard members.count >= holders[c].count else {
        throw FedMedError(
          .badData,
          "class '\(samples.classes[c])' has \(members.count) samples or groups, too few for "
            + "\(holders[c].count) sites", file: samples.name)
      }
      random.shuffle(&members)
      for (index, unit) in members.enumerated() {
        parts[holders[c][index % holders[c].count]].append(unit)
      }
    }
    return Array(zip(PartitionOptions.siteNames(sites), parts)).map { ($0, $1) }
  }
}
