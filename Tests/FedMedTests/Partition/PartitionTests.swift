import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMMethods
@testable import FMPartition

struct PartitionTests {
  /// `counts[c]` samples of class c, two a patient, with a column that names a clinic.
  func samples(
    _ counts: [Int] = [40, 30, 20], group: String? = nil, labelled: Bool = true
  ) throws -> SampleSet {
    let labels = counts.indices.flatMap { [Int](repeating: $0, count: counts[$0]) }
    let rows = labels.enumerated().map { index, label in
      ["s\(index)", "c\(label)", "p\(index / 2)", ["north", "east", "south"][index / 2 % 3]]
    }
    return try SampleSet(
      table: Table(header: ["sample", "label", "patient", "clinic"], rows: rows),
      labels: labelled ? labels : nil, classes: counts.indices.map { "c\($0)" }, group: group,
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

  /// Every sample is at one site, once.
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

  /// Every scheme, grouped or not, places every sample once, and keeps groups together at a site
  /// and in a split.
  @Test(arguments: schemes, ["patient", nil])
  func samplesAndGroupsAreKeptWhole(name: String, group: String?) throws {
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

  @Test func seedDecidesEverything() throws {
    let samples = try samples()
    func sites(_ seed: UInt64) throws -> [[Int]] {
      try partition(samples, scheme("dirichlet"), seed: seed).sites.map(\.rows)
    }
    #expect(try sites(1) == sites(1))
    #expect(try sites(1) != sites(2))
  }

  @Test func splitsAreSixtyTwentyTwenty() throws {
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

  @Test func aSitesSplitDoesNotDependOnTheOthers() throws {
    let samples = try samples()
    let all = try partition(samples, scheme("column"))
    let fewer = try partition(samples, scheme("column"), drop: ["east"])
    #expect(fewer.sites.map(\.name) == ["north", "south"])
    #expect(fewer.sites[0].splits == all.sites[1].splits)
  }

  @Test func holdoutSiteBecomesGlobalAndIsAllTest() throws {
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

  @Test func iidSitesAreEqual() throws {
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

  @Test func whatCannotBeDoneIsRefused() throws {
    let small = try samples([2, 2])
    for name in ["iid", "dirichlet", "quantity"] {
      let type = try #require(PartitionSchemes.all.first { $0.name == name })
      let scheme = try type.init(
        options {
          $0.sites = 5
          $0.alpha = 1
        })
      #expect(
        reason { _ = try partition(small, scheme) } == "t: 5 sites for 4 samples or groups")
    }
    // It ends where no draw can be found.
    let uneven = try DirichletScheme(
      options {
        $0.sites = 3
        $0.alpha = 1e-6
        $0.minimumSamples = 31
      })
    #expect(reason { _ = try partition(samples(), uneven) }.contains("no draw out of 100"))
    #expect(reason { try samples([3, 0, 2]).requireEveryClass() } == "t: class 'c1' has no sample")
    let few = try PathologicalScheme(
      options {
        $0.sites = 2
        $0.classesPerSite = 1
      })
    #expect(
      reason { _ = try partition(samples(), few) }
        == "t: 2 sites of 1 classes cannot hold all 3")
    let many = try PathologicalScheme(
      options {
        $0.sites = 2
        $0.classesPerSite = 4
      })
    #expect(reason { _ = try partition(samples(), many) } == "t: 4 classes a site, there are 3")
    #expect(
      reason { _ = try partition(samples(labelled: false), scheme("dirichlet")) }
        == "t: scheme dirichlet needs labels")
    #expect(
      reason { _ = try partition(samples(), scheme("column"), drop: ["west"]) }
        == "t: no site 'west'")
    #expect(
      reason { _ = try partition(samples(), scheme("column"), minimum: 1000) }
        == "t: no site is left")
    #expect(reason { _ = try samples(group: "nobody") } == "no column 'nobody'")
  }

  /// What is dropped does not come back by way of Global.
  @Test func droppedSitesAreNotHeldOut() throws {
    let samples = try samples()
    let result = try partition(
      samples, scheme("column"), holdout: .fraction(0.3), drop: ["east"])
    let clinics = try samples.table.column("clinic")
    #expect(result.sites.allSatisfy { $0.rows.allSatisfy { clinics[$0] != "east" } })
    #expect(result.sites.map(\.name) == ["north", "south", "Global"])
    #expect(
      reason { _ = try partition(samples, scheme("column"), holdout: .fraction(0.3), drop: ["x"]) }
        == "t: no site 'x'")
    #expect(
      reason {
        _ = try partition(self.samples(labelled: false), scheme("iid"), holdout: .fraction(0.3))
      }
        == "t: a stratified holdout needs labels")
  }

  @Test func optionsOfOtherSchemesAreRefused() throws {
    let given = options {
      $0.sites = 3
      $0.alpha = 1
    }
    #expect(reason { try given.check(for: DirichletScheme.self) } == "accepted")
    #expect(reason { try given.check(for: IIDScheme.self) } == "scheme iid takes no alpha")
    #expect(
      failure {
        _ = try DirichletScheme(
          options {
            $0.sites = 3
            $0.alpha = 1e-300
          })
      }?.code == .usage)
  }

  @Test func aGroupAtTwoSitesIsRefused() throws {
    let table = Table(
      header: ["sample", "patient", "clinic"], rows: [["a", "p", "north"], ["b", "p", "east"]])
    let samples = try SampleSet(
      table: table, labels: nil, classes: [], group: "patient", name: "t")
    #expect(
      reason { _ = try partition(samples, scheme("column")) }
        == "t: the group of sample b is at 'north' and at 'east'")
  }

  @Test func smallSitesAreLeftOut() throws {
    let samples = try samples([40, 30, 19])
    let smallest = try partition(samples, scheme("column")).sites.map(\.rows.count).min() ?? 0
    let result = try partition(samples, scheme("column"), minimum: smallest + 1)
    #expect(!result.tooSmall.isEmpty)
    #expect(result.sites.allSatisfy { $0.rows.count > smallest })
  }

  @Test func slugsAreDistinctAndPlain() throws {
    let names = ["Upper  Extremity!", "upper extremity", "Zürich", "///", "..", "Å"]
    let table = Table(header: ["sample", "site"], rows: names.enumerated().map { ["\($0)", $1] })
    let samples = try SampleSet(table: table, labels: nil, classes: [], group: nil, name: "t")
    let scheme = try ColumnScheme(options { $0.column = "site" })
    let result = try partition(samples, scheme)
    let slugs = Dictionary(uniqueKeysWithValues: zip(result.sites.map(\.name), result.slugs))
    #expect(slugs["Upper  Extremity!"] == "upper-extremity")
    #expect(slugs["upper extremity"] == "upper-extremity-2")
    #expect(slugs["Zürich"] == "z-rich")
    #expect(Set(slugs.values).count == names.count)
    #expect(slugs.values.allSatisfy { $0.first != "." && !$0.contains("/") })
  }

  @Test(arguments: ["60/20", "60/20/30", "a/b/c", "-10/60/50", "", "60/20/20/0", "60//40"])
  func splitsAreParsed(text: String) {
    #expect(failure { _ = try SplitPlan(text, stratified: false) }?.code == .usage)
  }

  /// A patient with many images may overshoot a border by half of them at most.
  @Test func largeGroupsKeepNearTheShares() throws {
    let sizes = [30, 1, 1, 20, 5, 5, 8, 10, 10, 10]
    var rows: [[String]] = []
    for (patient, size) in sizes.enumerated() {
      for _ in 0..<size { rows.append(["s\(rows.count)", "p\(patient)"]) }
    }
    let samples = try SampleSet(
      table: Table(header: ["sample", "patient"], rows: rows), labels: nil, classes: [],
      group: "patient", name: "t")
    for seed in 0..<50 {
      let site = try partition(samples, scheme("whole"), seed: UInt64(seed)).sites[0]
      let train = site.splits.count { $0 == .train }
      #expect(abs(train - 60) <= 15)
    }
  }
}
