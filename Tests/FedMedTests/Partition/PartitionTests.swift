import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMMethods
@testable import FMPartition

struct PartitionTests {
  /// A set with `counts[c]` samples of class c, two per patient, and a column with the clinic.
  func samples(
    _ counts: [Int] = [40, 30, 20], group: String? = nil, labeled: Bool = true
  ) throws -> SampleSet {
    let labels = counts.indices.flatMap { [Int](repeating: $0, count: counts[$0]) }
    let rows = labels.enumerated().map { index, label in
      ["s\(index)", "c\(label)", "p\(index / 2)", ["north", "east", "south"][index / 2 % 3]]
    }
    return try SampleSet(
      table: Table(header: ["sample", "label", "patient", "clinic"], rows: rows),
      labels: labeled ? labels : nil, classes: counts.indices.map { "c\($0)" }, group: group,
      name: "t")
  }

  func options(_ change: (inout PartitionOptions) -> Void) -> PartitionOptions {
    var options = PartitionOptions()
    change(&options)
    return options
  }

  func partition(
    _ samples: SampleSet, _ scheme: any PartitionScheme, stratified: Bool = false,
    holdout: Partition.Holdout = .none, drop: [String] = [], minimum: Int = 1, seed: UInt64 = 1
  ) throws -> Partition {
    try Partition(
      samples, scheme: scheme, split: SplitPlan("60/20/20", stratified: stratified),
      holdout: holdout, drop: drop, minimumSamples: minimum, seed: seed)
  }

  /// Expects every sample to be at one site, once.
  func expectWhole(
    _ partition: Partition, _ samples: SampleSet, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let rows = partition.sites.flatMap(\.rows).sorted()
    #expect(rows == Array(samples.labels.indices), sourceLocation: sourceLocation)
  }

  static let schemes = ["column", "whole", "iid", "dirichlet", "pathological", "quantity"]

  func scheme(_ name: String) throws -> any PartitionScheme {
    let type = try #require(PartitionSchemes.all.first { $0.name == name })
    return try type.init(
      options {
        $0.column = "clinic"
        $0.site = "here"
        $0.sites = 3
        $0.alpha = 0.5
        $0.classesPerSite = 2
      })
  }

  /// Groups stay together at a site and in a split, with every scheme.
  @Test(arguments: schemes, ["patient", nil])
  func placesEverySampleOnceAndKeepsGroups(name: String, group: String?) throws {
    let samples = try samples(group: group)
    for seed in 0..<20 {
      for holdout in [Partition.Holdout.none, .fraction(0.1)] {
        let result = try partition(
          samples, scheme(name), stratified: seed % 2 == 0, holdout: holdout, seed: UInt64(seed))
        expectWhole(result, samples)
        guard group != nil else { continue }
        var places: [String: Set<String>] = [:]
        let patients = try samples.table.column("patient")
        for site in result.sites {
          for (row, split) in zip(site.rows, site.splits) {
            places[patients[row], default: []].insert("\(site.name) \(split)")
          }
        }
        #expect(places.values.allSatisfy { $0.count == 1 })
      }
    }
  }

  @Test func dependsOnlyOnTheSeed() throws {
    let samples = try samples()
    func sites(_ seed: UInt64) throws -> [[Int]] {
      try partition(samples, scheme("dirichlet"), seed: seed).sites.map(\.rows)
    }
    #expect(try sites(1) == sites(1))
    #expect(try sites(1) != sites(2))
  }

  @Test func splitsSixtyTwentyTwenty() throws {
    let samples = try samples([50, 30, 20])
    for stratified in [false, true] {
      let site = try partition(samples, scheme("whole"), stratified: stratified).sites[0]
      for (split, share) in zip(Split.allCases, [60, 20, 20]) {
        #expect(site.splits.count { $0 == split } == share)
        guard stratified else { continue }
        for (c, count) in [50, 30, 20].enumerated() {
          let own = zip(site.rows, site.splits).count { samples.labels[$0.0] == c && $0.1 == split }
          #expect(own == count * share / 100)
        }
      }
    }
  }

  @Test func splitIsIndependentOfOtherSites() throws {
    let samples = try samples()
    let all = try partition(samples, scheme("column"))
    let fewer = try partition(samples, scheme("column"), drop: ["east"])
    #expect(fewer.sites.map(\.name) == ["north", "south"])
    #expect(fewer.sites[0].splits == all.sites[1].splits)
  }

  @Test func holdoutSiteBecomesGlobalForTesting() throws {
    let result = try partition(samples(), scheme("column"), holdout: .site("north"))
    #expect(result.sites.map(\.name) == ["east", "south", "Global"])
    #expect(result.sites[2].splits.allSatisfy { $0 == .test })
    #expect(result.slugs == ["east", "south", "global"])
  }

  @Test func holdoutFractionIsStratified() throws {
    let samples = try samples([50, 30, 20])
    let global = try #require(
      try partition(samples, scheme("iid"), holdout: .fraction(0.1)).sites.last)
    #expect(global.isGlobal)
    #expect(global.splits.allSatisfy { $0 == .test })
    for (c, count) in [5, 3, 2].enumerated() {
      #expect(global.rows.count { samples.labels[$0] == c } == count)
    }
  }

  @Test func iidSitesHaveEqualSizes() throws {
    #expect(try partition(samples(), scheme("iid")).sites.map(\.rows.count) == [30, 30, 30])
  }

  @Test func pathologicalSitesHaveKClasses() throws {
    let samples = try samples([40, 40, 40, 40, 40])
    for seed in 0..<20 {
      let scheme = try PathologicalScheme(
        options {
          $0.sites = 4
          $0.classesPerSite = 2
        })
      let result = try partition(samples, scheme, seed: UInt64(seed))
      for site in result.sites { #expect(Set(site.rows.map { samples.labels[$0] }).count == 2) }
      expectWhole(result, samples)
    }
  }

  @Test func smallAlphaIsUneven() throws {
    func share(_ alpha: Double) throws -> Double {
      let samples = try samples([300, 300, 300])
      let scheme = try DirichletScheme(
        options {
          $0.sites = 3
          $0.alpha = alpha
        })
      var sum = 0.0
      for seed in 0..<10 {
        for site in try partition(samples, scheme, seed: UInt64(seed)).sites {
          let counts = (0..<3).map { c in site.rows.count { samples.labels[$0] == c } }
          sum += Double(counts.max() ?? 0) / Double(site.rows.count) / 30
        }
      }
      return sum
    }
    #expect(try share(0.1) > 0.7)
    #expect(try share(1000) < 0.4)
  }

  func reason(_ body: () throws -> Void) -> String { failure(body)?.description ?? "accepted" }
}
