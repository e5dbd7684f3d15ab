import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMMetrics
@testable import FMNumerics
@testable import FMReports

struct ScoreDrawsTests {
  private struct Expected: Decodable {
    let single: [[Double]]
    let grouped: [[Double]]
  }

  private func golden() throws -> [(predictor: String, probabilities: LabeledProbabilities)] {
    let labels = try Golden.array("metrics/labels").integers
    let first = try Golden.array("metrics/probabilities").values
    let second = first.indices.map { place in
      let (row, c) = (place / 5, place % 5)
      return first[place] * 0.7 + first[row * 5 + (c + 4) % 5] * 0.3
    }
    return try [("p", first), ("q", second)].map {
      ($0.0, try LabeledProbabilities(classes: 5, values: $0.1, labels: labels, file: "golden"))
    }
  }

  private func plan(_ count: Int, groups: [Int]? = nil, seed: UInt64 = 5) -> ScoreDraws.Plan {
    ScoreDraws.Plan(
      samples: String(repeating: "a", count: 64), count: count, seed: seed, groups: groups,
      group: groups.map { _ in "patient" })
  }

  /// Each value is the score of the samples of its draw, as `ScoreList` computes it.
  @Test(arguments: [false, true]) func valuesAreTheScoresOfTheDraws(isGrouped: Bool) throws {
    let predictions = try golden()
    let labels = predictions[0].probabilities.labels
    let groups = isGrouped ? labels.indices.map { $0 / 3 } : nil
    let draws = ScoreDraws(
      predictions, isShown: [Bool](repeating: true, count: 5), plan: plan(20, groups: groups))
    #expect(draws.units == (isGrouped ? 134 : 400))
    let bootstrap = Bootstrap(labels: labels, groups: groups, count: 20, seed: 5)
    for (predictor, probabilities) in predictions {
      for draw in 0..<20 {
        let list = ScoreList(
          probabilities.gathering(bootstrap.draw(draw)), names: ["a", "b", "c", "d", "e"])
        for score in ScoreDraws.scores {
          let value = try #require(draws.values(of: predictor, score)?[draw])
          #expect(Float(value) == list.value(of: score.rawValue).map { Float($0) })
        }
      }
    }
  }

  /// Intervals of scores and of paired differences agree with an independent bootstrap. The ends of
  /// the intervals vary from one set of 10,000 draws to the next by about 1/50 of a standard error,
  /// which is at most .0005 here; accuracies are multiples of 1/400.
  @Test func intervalsAreThoseOfAnIndependentBootstrap() throws {
    let predictions = try golden()
    let expected: Expected = try Golden.json("metrics/bootstrap.json")
    for (intervals, groups) in [
      (expected.single, nil), (expected.grouped, (0..<400).map { $0 / 3 }),
    ] {
      let draws = ScoreDraws(
        predictions, isShown: [Bool](repeating: true, count: 5), plan: plan(10_000, groups: groups))
      for (index, score) in ScoreDraws.scores.enumerated() {
        let (p, q) = (
          try #require(draws.values(of: "p", score)), try #require(draws.values(of: "q", score))
        )
        let differences = zip(p, q).map { a, b in a.flatMap { a in b.map { a - $0 } } }
        for (values, golden) in [(p, intervals[index]), (differences, intervals[index + 3])] {
          let interval = try #require(Bootstrap.interval(values, level: ScoreDraws.level))
          #expect(abs(interval.lower - golden[0]) < 0.0026, "\(score)")
          #expect(abs(interval.upper - golden[1]) < 0.0026, "\(score)")
        }
      }
    }
  }

  /// How often a hidden class is predicted correctly must not show in the spread of the draws: only
  /// the sum over the hidden classes may.
  @Test func hiddenClassesFormOneStratum() throws {
    let labels = [Int](repeating: 0, count: 40) + [1, 1, 1, 2, 2, 2]
    func draws(correct: Set<Int>) throws -> ScoreDraws {
      let values = labels.indices.flatMap { row -> [Double] in
        let c = row < 40 || correct.contains(row) ? labels[row] : 0
        return (0..<3).map { $0 == c ? 1 : 0 }
      }
      return ScoreDraws(
        [("p", try LabeledProbabilities(classes: 3, values: values, labels: labels, file: "f"))],
        isShown: [true, false, false], plan: plan(3000))
    }
    func spread(_ draws: ScoreDraws) throws -> Double {
      let values = try #require(draws.values(of: "p", .accuracy)).compactMap { $0 }
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
    // All of one class, or one and two of each: stratified by class, the first would not vary.
    let (uneven, even) = (
      try spread(draws(correct: [40, 41, 42])), try spread(draws(correct: [40, 43, 44]))
    )
    let expected = 6 * 0.25 / 46 / 46
    #expect(abs(uneven / expected - 1) < 0.1 && abs(even / expected - 1) < 0.1)
    // The score over the classes that are shown does not depend on the others.
    #expect(
      try #require(draws(correct: []).values(of: "p", .balancedAccuracy)).allSatisfy { $0 == 1 })
  }

  /// A site with a few patients sends no draws, which would describe single patients; and classes
  /// with a few of them form one stratum.
  @Test(arguments: [(19, false), (20, true)]) func fewUnitsAreNotDrawn(
    patients: Int, isDrawn: Bool
  ) throws {
    let labels = (0..<40).map { $0 % 2 }
    let matrix = Matrix(
      rows: 40, columns: 2, elements: labels.flatMap { _ in [Float(0.5), 0.5] })
    let report = try Report(
      split: .test, predictions: Predictions(fam: matrix, mlp: nil, ensemble: matrix),
      labels: labels, names: ["a", "b"], minimum: 5,
      plan: plan(10, groups: labels.indices.map { $0 % patients }), file: "f")
    #expect((report.draws != nil) == isDrawn)
    var own = plan(1, groups: [0, 0, 1, 2, 3, 4, 5, 6])
    own.minimum = 3
    #expect(
      own.strata(of: [0, 0, 0, 0, 1, 1, 2, 2], isShown: [true, true, true]) == [
        0, 0, 0, 0, 3, 3, 3, 3,
      ])
    #expect(
      own.strata(of: [0, 0, 0, 0, 1, 1, 1, 2], isShown: [false, true, true])
        == [3, 3, 3, 3, 1, 1, 1, 3])
  }

  /// The most frequent class is a baseline unless it is hidden.
  @Test func majorityIsTheMostFrequentClass() throws {
    func report(_ counts: [Int]) throws -> Report {
      let labels = counts.enumerated().flatMap { Array(repeating: $0, count: $1) }
      let matrix = Matrix(
        rows: labels.count, columns: counts.count,
        elements: labels.flatMap { _ in
          [Float](repeating: 1 / Float(counts.count), count: counts.count)
        })
      let predictions = Predictions(fam: matrix, mlp: nil, ensemble: matrix)
        .preceded(by: Report.majority(labels: labels, classes: counts.count))
      return try Report(
        split: .test, predictions: predictions, labels: labels,
        names: counts.indices.map { "\($0)" }, minimum: 5, plan: plan(10), file: "f")
    }
    let plain = try report([5, 20, 15])
    let own = try #require(plain.scores[Report.majority])
    #expect(own.correct == 20 && own.values[.accuracy] == 0.5)
    #expect(own.values[.balancedAccuracy] == 1 / 3.0 && own.values[.macroAUC] == 0.5)
    // These would tell how frequent the other classes are.
    #expect(own.values[.logLoss] == nil && own.values[.brier] == nil)
    #expect(own.values[.calibrationError] == nil)
    #expect(plain.draws?.predictors == ["majority", "fam", "ensemble"])
    // With 3 of 43 samples in one class, the number of the other class would reveal it.
    let hidden = try report([3, 40])
    #expect(hidden.scores[Report.majority] == nil)
    #expect(hidden.draws?.predictors == ["fam", "ensemble"])
  }

  /// Draws are read as they were written. A report whose draws do not belong to it is refused.
  @Test func reportsHoldTheirDraws() throws {
    let folder = try TemporaryFolder()
    let model = try smallModel(folder, like: smallFeatures())
    let classes = model.manifest.classes
    let labels = (0..<40).map { $0 % classes.count }
    var matrix = Matrix(rows: 40, columns: classes.count)
    for row in 0..<40 { matrix[row, row % 7 % classes.count] = 1 }
    let own = try Report(
      split: .test, predictions: Predictions(fam: matrix, mlp: nil, ensemble: matrix),
      labels: labels, names: classes, minimum: 5, plan: plan(4), file: "f")
    let draws = try #require(own.draws)
    func read(_ change: (inout Manifest.Draws, inout [Float]) -> Void) throws -> SiteReport {
      var description = Manifest.Draws(
        count: draws.count, units: draws.units, group: draws.group, samples: draws.samples,
        predictors: draws.predictors, scores: ScoreDraws.scores.map(\.rawValue))
      var values = draws.values
      change(&description, &values)
      let shape = [description.count, description.predictors.count, description.scores.count]
      let path = try folder.create("report") { descriptor, file throws(FedMedError) in
        let writer = try ArchiveWriter()
        try writer.add("metrics.json", json: own.json)
        try writer.add(Tensor(name: "draws", shape: shape, values: values))
        let scored = Manifest.Scored(
          method: "fedmedclip", round: 1, predictors: ["fam", "mlp", "ensemble"],
          parent: String(repeating: "b", count: 64))
        let manifest = Manifest(
          tool: "t 1", classes: classes,
          .report(ReportPayload(scored: scored, samples: 40, site: "s", draws: description)))
        try writer.finish(manifest, filter: .none, to: descriptor, file: file)
      }
      return try SiteReport(path: path)
    }
    #expect(try read { _, _ in }.report.draws == draws)
    let path = try folder.create("written") { descriptor, file throws(FedMedError) in
      try SiteReport.write(own, site: "s", model: model, tool: "t 1", to: descriptor, file: file)
    }
    #expect(try SiteReport(path: path).report.draws == draws)
    let changes: [(inout Manifest.Draws, inout [Float]) -> Void] = [
      { _, values in values[0] = 1.5 },
      { _, values in values[0] = -0.5 },
      { description, _ in description.units = 4 },
      { description, _ in (description.units, description.group) = (19, "patient") },
      { description, _ in description.units = 41 },
      { description, _ in description.predictors = ["fam", "mlp"] },
      { description, _ in description.scores[0] = "brier" },
      { description, _ in description.samples = "x" },
      { description, values in
        description.count = 0
        values = []
      },
    ]
    for change in changes {
      #expect(throws: FedMedError.self) { try read(change) }
    }
  }

  /// Only draws of the same samples are paired.
  @Test func plansDependOnEverythingAboutTheSamples() throws {
    func set(_ names: [String], patients: [String]?, value: Float = 1) throws -> FeatureSet {
      var text = "sample\(patients == nil ? "" : "\tpatient")\n"
      for (index, name) in names.enumerated() {
        text += name + (patients.map { "\t\($0[index])" } ?? "") + "\n"
      }
      return FeatureSet(
        classes: ["a", "b"],
        encoder: Manifest.Encoder(name: "e", dimension: 1, logitScale: 1),
        rows: FeatureRows(
          (0..<names.count).flatMap { _ in value.bitPattern.littleEndianBytes }, as: .float32,
          dimension: 1),
        labels: names.indices.map { $0 % 2 }, text: Matrix(rows: 2, columns: 1),
        table: try Table(text: text, file: "t"), name: "f")
    }
    func plan(_ set: FeatureSet, group: String? = nil) throws -> ScoreDraws.Plan {
      let indices = Array(0..<set.count)
      return try set.plan(
        draws: 10, of: set.rows.matrix(indices), at: indices, group: group, default: "patient")
    }
    let names = ["x", "y", "z"]
    let plain = try plan(set(names, patients: nil))
    #expect(plain.groups == nil && plain.group == nil)
    #expect(try plan(set(names, patients: nil)).seed == plain.seed)
    #expect(try plan(set(names, patients: nil)).samples == plain.samples)
    let grouped = try plan(set(names, patients: ["p", "", "p"]))
    #expect(grouped.groups == [0, 1, 0] && grouped.group == "patient")
    let blank = try plan(set(names, patients: ["", "", "p"]))
    #expect(blank.groups == [0, 1, 2])
    let others = try [
      plan(set(["x", "y", "w"], patients: nil)), grouped,
      plan(set(names, patients: nil, value: 2)),
    ]
    #expect(Set((others + [plain]).map(\.samples)).count == 4)
    #expect(Set((others + [plain]).map(\.seed)).count == 4)
    #expect(throws: FedMedError.self) {
      try plan(set(names, patients: nil), group: "lesion")
    }
  }
}

extension UInt32 {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
}
