import Testing
@testable import FMArchive
@testable import FMBase
@testable import FMMethods
@testable import FMPartition

extension PartitionTests {
  @Test func refusesImpossiblePartitions() throws {
    let small = try samples([2, 2])
    for name in ["iid", "dirichlet", "quantity"] {
      let type = try #require(PartitionSchemes.all.first { $0.name == name })
      let scheme = try type.init(
        options {
          $0.sites = 5
          $0.alpha = 1
        })
      #expect(
        reason { _ = try partition(small, scheme) }
          == "t: 5 sites require at least 5 samples or groups, found 4")
    }
    // Drawing ends if no valid draw is found.
    let uneven = try DirichletScheme(
      options {
        $0.sites = 3
        $0.alpha = 1e-6
        $0.minimumSamples = 31
      })
    #expect(reason { _ = try partition(samples(), uneven) }.contains("none of 100 draws"))
    #expect(
      reason { try samples([3, 0, 2]).requireEveryClass() } == "t: class 'c1' has no samples")
    let few = try PathologicalScheme(
      options {
        $0.sites = 2
        $0.classesPerSite = 1
      })
    #expect(
      reason { _ = try partition(samples(), few) }
        == "t: 2 sites with 1 classes each cannot cover all 3 classes")
    let many = try PathologicalScheme(
      options {
        $0.sites = 2
        $0.classesPerSite = 4
      })
    #expect(
      reason { _ = try partition(samples(), many) } == "t: 4 classes per site, but there are only 3"
    )
    #expect(
      reason { _ = try partition(samples(labeled: false), scheme("dirichlet")) }
        == "t: scheme dirichlet requires labels")
    #expect(
      reason { _ = try partition(samples(), scheme("column"), drop: ["west"]) }
        == "t: unknown site 'west' (known: east, north, south)")
    #expect(
      reason { _ = try partition(samples(), scheme("column"), minimum: 1000) }
        == "t: no site is left")
    #expect(reason { _ = try samples(group: "nobody") } == "no column 'nobody'")
  }

  /// Samples of dropped sites are not used for Global.
  @Test func doesNotHoldOutDroppedSites() throws {
    let samples = try samples()
    let result = try partition(
      samples, scheme("column"), holdout: .fraction(0.3), drop: ["east"])
    let clinics = try samples.table.column("clinic")
    #expect(result.sites.allSatisfy { $0.rows.allSatisfy { clinics[$0] != "east" } })
    #expect(result.sites.map(\.name) == ["north", "south", "Global"])
    #expect(
      reason { _ = try partition(samples, scheme("column"), holdout: .fraction(0.3), drop: ["x"]) }
        == "t: unknown site 'x' (known: east, north, south)")
    #expect(
      reason {
        _ = try partition(self.samples(labeled: false), scheme("iid"), holdout: .fraction(0.3))
      }
        == "t: a stratified holdout requires labels")
  }

  @Test func refusesOptionsOfOtherSchemes() throws {
    let given = options {
      $0.sites = 3
      $0.alpha = 1
    }
    #expect(reason { try given.check(for: DirichletScheme.self) } == "accepted")
    #expect(
      reason { try given.check(for: IIDScheme.self) } == "alpha cannot be combined with scheme iid")
    #expect(
      failure {
        _ = try DirichletScheme(
          options {
            $0.sites = 3
            $0.alpha = 1e-300
          })
      }?.code == .usage)
  }

  @Test func refusesAGroupAtTwoSites() throws {
    let table = Table(
      header: ["sample", "patient", "clinic"], rows: [["a", "p", "north"], ["b", "p", "east"]])
    let samples = try SampleSet(
      table: table, labels: nil, classes: [], group: "patient", name: "t")
    #expect(
      reason { _ = try partition(samples, scheme("column")) }
        == "t: the group of sample b is at two sites, 'north' and 'east'")
  }

  @Test func excludesSmallSites() throws {
    let samples = try samples([40, 30, 19])
    let smallest = try partition(samples, scheme("column")).sites.map(\.rows.count).min() ?? 0
    let result = try partition(samples, scheme("column"), minimum: smallest + 1)
    #expect(!result.tooSmall.isEmpty)
    #expect(result.sites.allSatisfy { $0.rows.count > smallest })
  }

  @Test func slugsAreUniqueAndPlain() throws {
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
  func refusesInvalidSplits(text: String) {
    #expect(failure { _ = try SplitPlan(text, stratified: false) }?.code == .usage)
  }

  /// A patient with many images may exceed a share by half of them at most.
  @Test func largeGroupsStayNearTheShares() throws {
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
