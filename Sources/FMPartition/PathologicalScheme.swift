import FMBase
import FMNumerics

/// Each site has k classes only (McMahan et al. 2017); a class is spread evenly over its sites.
public struct PathologicalScheme: PartitionScheme {
  public static let name = "pathological"
  public static let options: Set<PartitionOption> = [.sites, .classesPerSite]
  public static let isFixed = false
  private let sites: Int
  private let classesPerSite: Int

  public init(_ options: PartitionOptions) throws(FedMedError) {
    sites = try options.requireSites(scheme: Self.name)
    classesPerSite = try options.require(
      options.classesPerSite, .classesPerSite, scheme: Self.name)
    guard classesPerSite > 0 else {
      throw FedMedError(.usage, "a site must have at least 1 class")
    }
  }

  public func assign(
    _ units: [Int], of samples: SampleSet, random: inout RandomStream
  ) throws(FedMedError) -> [(site: String, units: [Int])] {
    try samples.requireLabels("scheme \(Self.name)")
    let classes = samples.classes.count
    guard classesPerSite <= classes else {
      throw FedMedError(
        .badData, "\(classesPerSite) classes a site, there are \(classes)", file: samples.name)
    }
    guard sites * classesPerSite >= classes else {
      throw FedMedError(
        .badData, "\(sites) sites of \(classesPerSite) classes cannot hold all \(classes)",
        file: samples.name)
    }
    // Dealt out round and round, so that a site never gets a class twice and none is left over.
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
          "class '\(samples.classes[c])' has \(members.count) samples or groups for "
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
