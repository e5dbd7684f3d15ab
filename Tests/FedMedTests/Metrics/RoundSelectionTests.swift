import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMMetrics
@testable import FMNumerics
@testable import FMReports

struct RoundSelectionTests {
  let folder: TemporaryFolder
  let model: ModelArchive

  init() throws {
    folder = try TemporaryFolder()
    model = try smallModel(folder, like: smallFeatures())
  }

  /// A report of `correct` out of `total` samples on the model of `round`, through an archive.
  func report(
    _ site: String, round: Int, _ correct: Int, _ total: Int, split: String = "validation",
    model: Character = "a"
  ) throws -> SiteReport {
    let scores = split == "validation" ? "" : #", "accuracy": \#(Double(correct) / Double(total))"#
    let json =
      #"{"split": "\#(split)", "total": \#(total), "minCount": 1, "ensemble": {"correct": \#(correct)\#(scores)}}"#
    let content: Report = try JSON.decode(
      Array(json.utf8), place: "metrics.json", limits: .report)
    let path = try folder.create("report-\(site)-\(round)") {
      descriptor, file throws(FedMedError) in
      let writer = try ArchiveWriter()
      try writer.add("metrics.json", json: content.json)
      let scored = Manifest.Scored(
        method: "fedmedclip", round: round, predictors: ["fam", "mlp", "ensemble"],
        parent: String(repeating: model, count: 60) + "\(1000 + round)")
      let manifest = Manifest(
        tool: "t 1", classes: ["x", "y"],
        .report(ReportPayload(scored: scored, samples: total, site: site)))
      try writer.finish(manifest, filter: .none, to: descriptor, file: file)
    }
    return try SiteReport(path: path)
  }

  @Test func selectsTheBestMeanAndTheEarlierOnATie() throws {
    let reports = [
      try report("a", round: 1, 5, 10), try report("b", round: 1, 10, 20),
      try report("a", round: 2, 9, 10), try report("b", round: 2, 4, 20),
      try report("a", round: 3, 9, 10), try report("b", round: 3, 4, 20),
      // This round is better, but has too few sites.
      try report("a", round: 4, 10, 10),
    ]
    let selection = try RoundSelection(reports, minimumSites: 2)
    #expect(selection.scores.map(\.round) == [1, 2, 3, 4])
    #expect(selection.scores[0].accuracy == 0.5)
    #expect(abs((selection.scores[1].accuracy ?? 0) - 0.55) < 1e-12)
    #expect(!selection.scores[3].isCandidate)
    #expect(selection.best == 2)
    #expect(try RoundSelection(reports, minimumSites: 1).best == 4)
    #expect(try RoundSelection(reports, minimumSites: 3).best == nil)
    #expect(try RoundSelection(reports.reversed(), minimumSites: 2) == selection)
  }

  /// A site without validation samples is ignored; a round with accuracy 0 is not.
  @Test func ignoresEmptyReports() throws {
    let reports = [try report("a", round: 1, 0, 10), try report("b", round: 1, 0, 0)]
    #expect(try RoundSelection(reports, minimumSites: 1).best == 1)
    #expect(try RoundSelection(reports, minimumSites: 2).best == nil)
  }

  @Test func refusesDuplicateAndUnrelatedReports() throws {
    let twice = [try report("a", round: 1, 1, 2), try report("a", round: 1, 2, 2)]
    #expect(failure { _ = try RoundSelection(twice, minimumSites: 1) } != nil)
    let test = try report("b", round: 1, 1, 2, split: "test")
    #expect(failure { _ = try RoundSelection([test], minimumSites: 1) } != nil)
    #expect(failure { _ = try report("a", round: 1, 3, 2) }?.code == .badData)
    let other = [try report("a", round: 1, 1, 2), try report("b", round: 1, 2, 2, model: "b")]
    #expect(
      failure { _ = try RoundSelection(other, minimumSites: 1) }?.reason
        .hasPrefix("reports on another model of round 1") == true)
    // If they are discarded instead, the others count: those on the model with the most reports.
    var discarded: [String] = []
    let selection = try RoundSelection(
      [
        try report("b", round: 1, 2, 2, model: "b"), try report("a", round: 1, 1, 2),
        try report("c", round: 1, 1, 2), try report("c", round: 1, 2, 2), test,
      ], minimumSites: 1
    ) { discarded.append($0.reason) }
    #expect(discarded.count == 3)
    #expect(selection.scores.map(\.sites) == [2])
    #expect(selection.scores[0].accuracy == 0.5)
  }

  @Test func tableListsSitesGlobalAndTheMean() throws {
    let reports = [
      try report("Global", round: 1, 1, 4, split: "test"),
      try report("b", round: 1, 3, 4, split: "test"),
      try report("a", round: 1, 2, 4, split: "test"),
    ]
    let table = try ResultTable(TestReports(reports), score: .accuracy)
    #expect(table.rows.map(\.site) == ["a", "b", "Global", "AVG"])
    #expect(table.rows.map { $0.values[2] } == [0.5, 0.75, 0.25, 0.5])
    #expect(table.rows.allSatisfy { $0.values[0] == nil })
    let other = try report("c", round: 2, 2, 4, split: "test")
    #expect(
      failure { _ = try ResultTable(TestReports(reports + [other]), score: .accuracy) } != nil)
    let train = try report("c", round: 1, 2, 4, split: "train")
    #expect(
      failure { _ = try ResultTable(TestReports(reports + [train]), score: .accuracy) }?.reason
        .hasPrefix("expected the test split") == true)
  }
}
